import assert from "node:assert/strict";
import type { BuildPlaces, PlaceState } from "../../../src/domain/build_places.ts";
import { SECOND } from "../../../src/domain/time.ts";
import { sampleDibImage, sampleImage } from "../../views/sample_images.ts";
import { NOW } from "../plan_fixtures.ts";
import { imagesInput, planImages } from "./image_fixtures.ts";

const builder = { id: "b1", host: "build1" };
const begun = sampleDibImage({ id: 3, builder, state: { phase: "build", startedAt: NOW - SECOND } });
const waiting = sampleDibImage({ id: 3, state: { phase: "build", startedAt: null } });
const ready = sampleDibImage({ id: 3, builder });
const removal = sampleDibImage({ id: 3, builder, state: { phase: "delete" } });
const toCreate = sampleImage({ id: 3, state: { phase: "create", sentAt: null, lostAt: null } });
const toSend = sampleImage({ id: 3, state: { phase: "upload", externalId: "x", startedAt: null } });

function places(state: PlaceState, more: Partial<BuildPlaces> = {}): BuildPlaces {
  return { whyNone: null, stateOf: () => state, isAt: () => false, ...more };
}

/** What becomes of the records, and what is done or waited for. */
function plan(fields: Parameters<typeof imagesInput>[0]): string[] {
  const { dibChanges, changes, actions, wanted } = planImages(imagesInput(fields));
  return [
    ...actions.map(({ type }) => type),
    ...[...dibChanges, ...changes].map(({ next }) =>
      next?.comment ?? (actions.length === 0 ? next?.waitingOn?.message : null) ?? next!.state.phase
    ),
    ...wanted.builds.map(({ name }) => `build ${name}`),
  ].filter((text) => !["build", "delete", "create", "upload"].includes(text));
}

const cases: readonly (readonly [string, Parameters<typeof imagesInput>[0], readonly string[]])[] = [
  ["a build waits while nobody builds, and says why", {
    dibImages: [waiting],
    places: places("here", { whyNone: "no builder is connected" }),
  }, ["no builder is connected"]],
  ["a build that its builder is still at goes on", {
    dibImages: [begun],
    places: places("here", { isAt: () => true }),
  }, ["build-image"]],
  ["a build of which its builder knows nothing has failed", { dibImages: [begun], places: places("here") }, [
    "nodepool was stopped while it was being built",
  ]],
  ["a build whose builder is silent is waited for", { dibImages: [begun], places: places("silent") }, [
    "builder build1, which builds it, does not answer",
  ]],
  ["a build whose builder is lost has failed", { dibImages: [begun], places: places("lost") }, [
    "remove-files",
    "builder build1 was lost while it was building it",
  ]],
  ["files with a silent builder are removed later", { dibImages: [removal], places: places("silent") }, [
    "builder build1, which has its files, does not answer",
    "build noble",
  ]],
  ["files with a lost builder are forgotten", { dibImages: [removal], places: places("lost") }, [
    "remove-files",
    "build noble",
  ]],
  ...["silent", "lost"].flatMap((state) =>
    [toCreate, toSend].map((image) =>
      [`an upload (${image.state.phase}) waits for a ${state} builder that has the files`, {
        dibImages: [ready],
        images: [image],
        places: places(state as PlaceState),
      }, ["builder build1, which has the files of dib image 3, does not answer"]] as const
    )
  ),
  ["files that are gone are built again, and the upload of them is given up", {
    dibImages: [ready],
    images: [toCreate],
    places: places("gone"),
  }, ["builder build1, which has the files of dib image 3, is gone", "build noble"]],
  ["files that are gone, and still needed, are built again", { dibImages: [ready], places: places("gone") }, [
    "build noble",
  ]],
  ["files that are gone after they were uploaded are not missed", {
    dibImages: [ready],
    images: [sampleImage({ id: 3 })],
    places: places("gone"),
  }, []],
];

for (const [title, fields, expected] of cases) {
  Deno.test(title, () => assert.deepEqual(plan(fields), expected));
}
