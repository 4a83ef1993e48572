/** The operations on the pool as a whole, on its daemon, and on things in the clouds that are not the pool's. */
import * as v from "valibot";
import {
  alienImageListViewSchema,
  alienListViewSchema,
  viewAlienImageList,
  viewAlienList,
} from "../../views/alien_lists.ts";
import { dumpViewSchema, viewDump } from "../../views/dump.ts";
import { number, numberOrNull, rows, since0_4, string, stringOrNull } from "../../views/view_schema.ts";
import { operation } from "../operation.ts";

const adoptedServer = v.object({
  provider: string,
  hostname: string,
  serverId: string,
  ip: stringOrNull,
  run: stringOrNull,
  nodeId: numberOrNull,
});

const ofProvider = v.strictObject({ provider: v.nullish(string) });

export const poolOperations = {
  /** Shows what the daemon is doing at this moment. */
  "dump": operation({
    route: "GET /dump",
    needs: "daemon",
    request: v.strictObject({}),
    answer: dumpViewSchema,
    run: ({ daemon }) => viewDump(daemon.dump()),
  }),
  "reload": operation({
    route: "POST /reload",
    needs: "daemon",
    request: v.strictObject({}),
    answer: v.object({ changes: rows(string), problems: rows(string) }),
    run: ({ daemon }) => daemon.reload(),
  }),
  "alien-list": operation({
    route: "GET /aliens",
    needs: "config",
    request: ofProvider,
    answer: alienListViewSchema,
    run: async (pool, { provider }, { signal }) =>
      viewAlienList(await pool.listAliens({ provider: provider ?? null, signal }), pool.report()),
  }),
  "alien-image-list": operation({
    route: "GET /alien-images",
    needs: "config",
    request: ofProvider,
    answer: alienImageListViewSchema,
    run: async (pool, { provider }, { signal }) =>
      viewAlienImageList(await pool.listAlienImages({ provider: provider ?? null, signal }), pool.report()),
  }),
  /** Takes over what another daemon made on a copy of this state. */
  "state-adopt": operation({
    route: "POST /state/adopt",
    needs: "config",
    request: v.strictObject({ dryRun: v.boolean() }),
    answer: v.object({
      servers: rows(adoptedServer),
      floatingIps: since0_4(rows(v.object({ provider: string, id: string, address: string }))),
      held: rows(number),
      warnings: rows(string),
    }),
    run: (pool, { dryRun }, { signal }) => pool.adoptState({ dryRun, signal }),
  }),
};
