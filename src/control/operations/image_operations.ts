/** The operations on images, and those of builders on other machines: each keeps asking the leader for work. */
import * as v from "valibot";
import { BuilderRefusedError } from "../../builders/builder_roll.ts";
import { builderInstructionsSchema, builderReportSchema } from "../../builders/builder_sync.ts";
import { waitFor } from "../../lib/in_flight.ts";
import { ControlError } from "../control_error.ts";
import { deleteDibImages, deleteImages } from "../image_commands.ts";
import { placeOrders } from "../image_orders.ts";
import {
  id,
  idOutcomes,
  ids,
  instant,
  name,
  note,
  nothing,
  operation,
  orderName,
  stream,
} from "../operation.ts";

const orderSpec = v.strictObject({
  /** Build a diskimage; upload its newest build; or rebuild (or snapshot again) and upload. */
  kind: v.picklist(["build", "upload", "update"]),
  /** null: every provider that has it. Without meaning for builds. */
  provider: v.nullable(v.string()),
  image: name,
});

export type OrderSpec = v.InferOutput<typeof orderSpec>;

/** Orders that were written down at a moment. */
const placedOrders = v.strictObject({
  at: instant,
  orders: v.pipe(v.array(orderName), v.maxLength(10_000), v.readonly()),
});

export type PlacedOrders = v.InferOutput<typeof placedOrders>;

const orderOutcome = v.object({ ...orderName.entries, ok: v.boolean(), message: v.string() });

export type OrderOutcome = v.InferOutput<typeof orderOutcome>;

export const imageOperations = {
  "image-order": operation({
    route: "POST /image-orders",
    needs: "config",
    request: orderSpec,
    answer: placedOrders,
    run: async (pool, spec) => {
      if (pool.daemon?.isAccepting() === false) {
        throw new ControlError(503, "the daemon is stopping and accepts no orders");
      }
      const { ledger, clock, config } = pool;
      const placed = await placeOrders(spec, { ledger, clock, config });
      pool.daemon?.noteOrders(placed.orders);
      return placed;
    },
  }),
  /** Resolves when each has been filled, has failed once, or is no longer wanted. */
  "image-order-end": operation({
    route: "POST /image-orders/wait",
    needs: "daemon",
    request: placedOrders,
    answer: v.pipe(v.array(orderOutcome), v.readonly()),
    run: ({ daemon }, placed, options) => {
      const names = placed.orders.map(({ provider, image }) => `${provider ?? ""} ${image}`.trim());
      return waitFor(`images: ${names.join(", ")}`, () => daemon.waitForOrders(placed, options));
    },
  }),
  /** The log of a build from its beginning, and on until the build has ended. */
  "build-log": operation({
    route: "GET /dib-images/:id/log",
    needs: "daemon",
    request: v.strictObject({ id }),
    answer: stream,
    run: ({ ledger, daemon }, { id }, { signal }) => {
      const image = ledger.dibImages.get(id);
      if (image === undefined) throw new ControlError(404, `there is no dib image ${id}`);
      if (image.logFile === null) throw new ControlError(404, `dib image ${id} has no log`);
      const isOver = () => ledger.dibImages.get(id)?.state.phase !== "build";
      return daemon.followLog(image.logFile, { isOver, signal });
    },
  }),
  /** Marks providers' images for deletion; with `replaceReady`, then their nodes that nobody has had. */
  "image-delete": operation({
    route: "POST /images/delete",
    needs: "state",
    request: v.strictObject({ ids, comment: note, replaceReady: v.optional(v.boolean()) }),
    answer: idOutcomes,
    run: (pool, { ids, ...options }) => deleteImages(ids, options, pool),
  }),
  /** Resolves once nothing is left of a provider's image on its cloud, at once if nothing is. */
  "image-end": operation({
    route: "GET /images/:id/end",
    needs: "daemon",
    request: v.strictObject({ id }),
    answer: nothing,
    run: async ({ ledger }, { id }, { signal }) => {
      const gone = () => (ledger.images.get(id)?.state.phase ?? "gone") === "gone" ? true : null;
      await waitFor(`the end of image ${id}`, () => ledger.until(gone, { signal }));
    },
  }),
  "dib-image-delete": operation({
    route: "POST /dib-images/delete",
    needs: "state",
    request: v.strictObject({ ids, comment: note }),
    answer: idOutcomes,
    run: (pool, { ids, comment }) => deleteDibImages(ids, { comment }, pool),
  }),
  /** Takes what a builder has and does; answers, at once or when there is news, with what it is to have and to do. */
  "builder-sync": operation({
    route: "POST /builders/sync",
    needs: "daemon",
    request: builderReportSchema,
    answer: builderInstructionsSchema,
    run: async ({ daemon: { builders } }, report, call) => {
      if (builders === null) {
        throw new ControlError(
          409,
          "this pool builds its images itself: only a state on etcd lets other builders in",
        );
      }
      try {
        return await builders.sync(report, call);
      } catch (error) {
        if (error instanceof BuilderRefusedError) throw new ControlError(409, error.message);
        throw error;
      }
    },
  }),
};
