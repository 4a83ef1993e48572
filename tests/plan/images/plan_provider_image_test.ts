import assert from "node:assert/strict";
import {
  externalIdOf,
  type ProviderImage,
  type ProviderImageState,
} from "../../../src/domain/provider_image.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { sampleDibImage, sampleImage } from "../../views/sample_images.ts";
import { catalog, config, node, NOW, provider, quota, states } from "../plan_fixtures.ts";
import {
  cloudImageOf,
  diskimage,
  imagesConfig,
  imagesInput,
  planImages,
  prepared,
  seeing,
  sightings,
  uploaded,
} from "./image_fixtures.ts";

type Fields = Parameters<typeof imagesInput>[0];

/** A cloud that says of the record's image that it is gone. */
function goneFrom(image: ProviderImage) {
  return seeing(sightings([], { gone: [externalIdOf(image)!] }));
}

/** What becomes of one image: its next phase, `gone` for no record, then its action and why it waits. */
function step(image: ProviderImage, fields: Fields = {}): string {
  const plan = planImages(imagesInput({
    dibImages: [sampleDibImage({ id: 3 })],
    images: [image],
    ...fields,
  }));
  const change = plan.changes.find(({ previous }) => previous === image);
  const next = change === undefined ? image : change.next;
  const action = plan.actions.find((one) => "image" in one && one.image.id === image.id);
  const parts = [
    next === null ? "no record" : next.state.phase,
    action?.type,
    action === undefined ? next?.waitingOn?.reason : undefined,
  ];
  return parts.filter(Boolean).join(", ");
}

function upload(state: ProviderImageState, fields: Partial<ProviderImage> = {}): ProviderImage {
  return sampleImage({ id: 3, state, stateSince: NOW - 2 * MINUTE, phaseSince: NOW - 2 * MINUTE, ...fields });
}

function snapshot(state: ProviderImageState, fields: Partial<ProviderImage> = {}): ProviderImage {
  return upload(state, { source: { type: "snapshot", setup: "prepare.sh" }, ...fields });
}

const unsent = { sentAt: null, lostAt: null };
const lost = (at: number) => ({ sentAt: NOW - MINUTE, lostAt: at });
const worker = (state = states.prepare, fields = {}) =>
  node(state, { role: "builder", providerImageId: 3, label: "", ...fields });
const checker = (state = states.prepare) => worker(state, { role: "checker" });
const making = { config: imagesConfig(prepared()) };
const create = upload({ phase: "create", ...unsent });
const active = cloudImageOf(create);
const sent = { size: 1_000, checksum: "0".repeat(32) };
const saving = upload({ phase: "saving", externalId: "image-3" });
const ready = upload({ phase: "ready", externalId: "image-3" });
const removal = (fields = {}) =>
  upload({ phase: "delete", externalId: "image-3", lostAt: null, acceptedAt: null, ...fields });
const checked = { config: imagesConfig(uploaded({ checkScript: "check.sh" })) };
const check = (nodeId: number | null) =>
  upload({ phase: "check", externalId: "image-3", nodeId, startedAt: null });
const keypair = { name: "k", publicKey: "ssh-ed25519 AAAA", privateKey: "secret" };

const steps: readonly (readonly [string, ProviderImage, Fields, string])[] = [
  ["is asked for", create, {}, "create, create-image"],
  ["is not asked for twice", create, { running: ["create-image 3"] }, "create, answer"],
  ["waits while its provider is out of reach", create, {
    seen: seeing(null, { troubles: new Map([["images", { message: "refused", since: NOW }]]) }),
  }, "create, provider"],
  ["waits for the end of a pause", { ...create, retryAt: NOW + 1 }, {}, "create, retry"],
  ["ends with its build", create, { dibImages: [] }, "gone"],
  [
    "whose answer is lost waits for a listing",
    upload({ phase: "create", ...lost(NOW) }),
    {},
    "create, listing",
  ],
  [
    "whose answer is lost is asked for again when a listing has no trace of it",
    upload({ phase: "create", ...lost(NOW - MINUTE) }),
    { seen: seeing(sightings([])) },
    "create, create-image",
  ],
  [
    "whose answer is lost goes on with the image that a listing shows",
    upload({ phase: "create", ...lost(NOW - MINUTE) }),
    { seen: seeing(sightings([active])) },
    "upload, upload-image",
  ],
  [
    "whose answer is lost is not what somebody snapshotted from it",
    upload({ phase: "create", ...lost(NOW) }),
    { seen: seeing(sightings([{ ...active, name: "a copy" }])) },
    "create, listing",
  ],
  [
    "gets its data",
    upload({ phase: "upload", externalId: "image-3", startedAt: null }),
    {},
    "upload, upload-image",
  ],
  ["gets its data once", upload({ phase: "upload", externalId: "image-3", startedAt: NOW }), {
    running: ["upload-image 3"],
  }, "upload, upload"],
  [
    "whose upload was cut off by a restart is deleted and begun anew",
    upload({ phase: "upload", externalId: "image-3", startedAt: NOW }),
    {},
    "delete, delete-image",
  ],
  ["is awaited until it is active", saving, {
    seen: seeing(sightings([cloudImageOf(saving, { status: "saving" })])),
  }, "saving, saving"],
  ["is ready once it is active", saving, { seen: seeing(sightings([cloudImageOf(saving, sent)])) }, "ready"],
  ["with another checksum has failed", saving, {
    seen: seeing(sightings([cloudImageOf(saving, { ...sent, checksum: "f".repeat(32) })])),
  }, "delete, delete-image"],
  ["with another size has failed", saving, {
    seen: seeing(sightings([cloudImageOf(saving, { ...sent, size: 999 })])),
  }, "delete, delete-image"],
  ["with another hash has failed", saving, {
    seen: seeing(
      sightings([cloudImageOf(saving, { hash: { algorithm: "sha512", value: "f".repeat(128) } })]),
    ),
  }, "delete, delete-image"],
  ["with a hash that we do not know is taken", saving, {
    seen: seeing(sightings([cloudImageOf(saving, { hash: { algorithm: "sha3", value: "f".repeat(128) } })])),
  }, "ready"],
  ["that is killed has failed", saving, {
    seen: seeing(sightings([cloudImageOf(saving, { status: "killed" })])),
  }, "delete, delete-image"],
  ["that never becomes active has failed", { ...saving, phaseSince: NOW - 6 * HOUR }, {
    seen: seeing(sightings([cloudImageOf(saving, { status: "queued" })])),
  }, "delete, delete-image"],
  ["that is gone from the cloud has failed, and is not deleted", saving, { seen: goneFrom(saving) }, "gone"],
  ["that listings leave out is waited for, however long", { ...saving, phaseSince: NOW - DAY }, {
    seen: seeing(sightings([])),
  }, "saving, saving"],
  ["with a check-script is proven first", saving, {
    ...checked,
    seen: seeing(sightings([cloudImageOf(saving, sent)])),
  }, "check"],
  ["is proven on its server", check(7), { ...checked, nodes: [checker()] }, "check, run-check"],
  ["is proven once", check(7), { ...checked, nodes: [checker()], running: ["run-check 3"] }, "check, check"],
  ["waits for the server that is to prove it", check(7), {
    ...checked,
    nodes: [checker(states.login as never)],
  }, "check, server"],
  ["whose server is lost has failed", check(7), checked, "delete, delete-image"],
  ["whose check-script is taken away is ready", check(7), { nodes: [checker()] }, "ready"],
  ["gets a keypair of its own", snapshot({ phase: "keypair" }), making, "keypair, create-keypair"],
  ["is set up when its server can be logged in to", snapshot({ phase: "server", nodeId: 7 }), {
    ...making,
    nodes: [worker()],
  }, "setup, run-setup"],
  ["waits for its server", snapshot({ phase: "server", nodeId: 7 }), {
    ...making,
    nodes: [worker(states.boot as never)],
  }, "server, server"],
  ["whose builder ends has failed", snapshot({ phase: "setup", nodeId: 7, startedAt: null }), {
    ...making,
    nodes: [worker(states["delete-server"] as never)],
  }, "delete, server"],
  [
    "whose builder is gone has failed, and nothing is left",
    snapshot({ phase: "setup", nodeId: 7, startedAt: null }),
    making,
    "gone",
  ],
  [
    "that was being set up is set up again after a restart",
    snapshot({ phase: "setup", nodeId: 7, startedAt: NOW }),
    {
      ...making,
      nodes: [worker()],
    },
    "setup, run-setup",
  ],
  ["is asked for when its server is set up", snapshot({ phase: "snapshot", nodeId: 7, ...unsent }), {
    ...making,
    nodes: [worker()],
  }, "snapshot, create-snapshot"],
  [
    "is given up after many refusals",
    snapshot({ phase: "snapshot", nodeId: 7, ...unsent }, { attempt: 5, retryAt: NOW }),
    {
      ...making,
      nodes: [worker()],
    },
    "delete, server",
  ],
  ["whose answer is lost is not asked for again", snapshot({ phase: "snapshot", nodeId: 7, ...lost(NOW) }), {
    ...making,
    nodes: [worker()],
  }, "snapshot, listing"],
  ["that is ready stays", ready, { seen: seeing(sightings([cloudImageOf(ready)])) }, "ready"],
  ["that is ready has its keypair deleted", { ...ready, keypair }, {}, "ready, delete-keypair"],
  [
    "that somebody deleted on the cloud is gone here too, without being deleted once more",
    ready,
    { seen: goneFrom(ready) },
    "gone",
  ],
  ["that listings lack stays", ready, { seen: seeing(sightings([])) }, "ready"],
  ["that is no longer configured is deleted", ready, { config: config() }, "delete, delete-image"],
  ["of a retired provider stays", ready, {
    config: config({
      diskimages: [diskimage],
      providers: [provider({ maxServers: -1, images: [uploaded()] })],
    }),
  }, "ready"],
  ["of a retired provider is not made", create, {
    config: config({
      diskimages: [diskimage],
      providers: [provider({ maxServers: -1, images: [uploaded()] })],
    }),
  }, "gone"],
  [
    "of a provider that is not configured waits for it",
    ready,
    { config: config({ providers: [] }) },
    "ready, provider",
  ],
  ["of a provider that was not asked yet stays", ready, { seen: new Map() }, "ready"],
  ["is deleted", removal(), {}, "delete, delete-image"],
  ["is not deleted while a server is booted from it", removal(), {
    nodes: [node(states.boot, { imageId: "image-3" })],
  }, "delete, delete"],
  ["is deleted though servers run that were booted from it", removal(), {
    nodes: [node(states.used, { imageId: "image-3" })],
  }, "delete, delete-image"],
  ["is deleted with its keypair first", { ...removal(), keypair }, {}, "delete, delete-keypair"],
  ["waits for what is being done for it", removal(), { running: ["upload-image 3"] }, "delete, delete"],
  ["that the cloud is deleting is awaited", removal({ acceptedAt: NOW - SECOND }), {
    seen: seeing(sightings([cloudImageOf(ready)])),
  }, "delete, delete"],
  ["that the cloud does not delete is asked for again", removal({ acceptedAt: NOW - 10 * MINUTE }), {
    seen: seeing(sightings([cloudImageOf(ready)])),
  }, "delete, delete-image"],
  [
    "is gone when the cloud says so",
    removal({ acceptedAt: NOW - SECOND }),
    { seen: goneFrom(removal()) },
    "gone",
  ],
  ["is not gone by missing in a listing", removal({ acceptedAt: NOW - SECOND }), {
    seen: seeing(sightings([])),
  }, "delete, delete"],
  ["is gone only with its server", removal({ acceptedAt: NOW - SECOND }), {
    seen: goneFrom(removal()),
    nodes: [worker(states["delete-server"] as never)],
  }, "delete, server"],
  ["that never was is gone at once", removal({ externalId: null }), {}, "gone"],
  [
    "that may have come to be is looked for",
    removal({ externalId: null, lostAt: NOW }),
    {},
    "delete, listing",
  ],
  ["that came to be after all is deleted", removal({ externalId: null, lostAt: NOW }), {
    seen: seeing(sightings([cloudImageOf(ready)])),
  }, "delete, delete-image"],
  ["that is gone is remembered", upload({ phase: "gone" }), {}, "gone"],
  [
    "that has been gone for a day is forgotten",
    upload({ phase: "gone" }, { phaseSince: NOW - DAY }),
    {},
    "no record",
  ],
];

for (const [title, image, fields, expected] of steps) {
  Deno.test(`an image ${title}`, () => assert.equal(step(image, fields), expected));
}

Deno.test("a plan that changes nothing changes nothing when it is made again", () => {
  for (const [title, image, fields] of steps) {
    const input = imagesInput({ dibImages: [sampleDibImage({ id: 3 })], images: [image], ...fields });
    const first = planImages(input);
    const images = first.changes.length === 0 ? [image] : first.changes.flatMap(({ next }) => next ?? []);
    const again = planImages({ ...input, images });
    assert.deepEqual(again.changes, [], title);
  }
});

Deno.test("a builder is launched where there is room, else it waits and has the next free place", () => {
  const waiting = snapshot({ phase: "server", nodeId: null });
  const { launches } = planImages(imagesInput({ ...making, images: [waiting] }));
  assert.deepEqual(
    launches.launches.map(({ forImage, role, imageId, flavor }) => [forImage.id, role, imageId, flavor.id]),
    [[3, "builder", "i1", "f1"]],
  );
  const full = planImages(imagesInput({
    ...making,
    images: [waiting],
    seen: seeing(null, { quota: quota({ instances: { limit: 1, used: 1 } }) }),
  }));
  assert.deepEqual(full.launches.launches, []);
  assert.equal(full.launches.reserved.get("cloud-a")?.length, 1);
  assert.match(full.changes[0]?.next?.waitingOn?.message ?? "", /quota full: instances 1\/1/);
});

Deno.test("a builder waits without a place of its own where its base image is missing", () => {
  const waiting = snapshot({ phase: "server", nodeId: null });
  const { launches } = planImages(imagesInput({
    ...making,
    images: [waiting],
    seen: seeing(null, { catalog: catalog({ images: new Map([["noble", null]]) }) }),
  }));
  assert.deepEqual([launches.launches, [...launches.reserved]], [[], []]);
  assert.match(launches.waits.get(3)?.message ?? "", /the cloud has no ready image noble/);
});

Deno.test("a checker is booted from the image that it is to prove", () => {
  const { launches } = planImages(imagesInput({ ...checked, images: [check(null)] }));
  assert.deepEqual(launches.launches.map(({ role, imageId }) => [role, imageId]), [["checker", "image-3"]]);
});

Deno.test("an image that another record names is taken over by none whose mark it carries", () => {
  const other = sampleImage({ id: 9, state: { phase: "ready", externalId: "image-3" } });
  const lost = { sentAt: NOW - MINUTE, lostAt: NOW - MINUTE };
  for (
    const state of [{ phase: "create", ...lost }, removal({ externalId: null, lostAt: NOW }).state] as const
  ) {
    const image = upload(state);
    const fields = { seen: seeing(sightings([active])) };
    assert.match(step(image, fields), /upload|delete-image/);
    assert.doesNotMatch(step(image, { ...fields, images: [image, other] }), /upload|delete-image/);
  }
});

Deno.test("nothing is done for an image on a frozen provider, and planning again changes nothing", () => {
  const message = "frozen: another daemon";
  const images = [create, saving, ready, removal(), check(null), check(7), upload({ phase: "keypair" })]
    .map((image, index) => ({ ...image, id: index + 1 }));
  const given = (records: readonly ProviderImage[]) =>
    imagesInput({ ...checked, images: records, seen: seeing(sightings([active]), { frozen: message }) });
  const plan = planImages(given(images));
  assert.deepEqual(plan.actions, []);
  const next = images.map((image) => plan.changes.find(({ previous }) => previous === image)?.next ?? image);
  assert.deepEqual(next.map(({ state }) => state.phase), images.map(({ state }) => state.phase));
  const waits = next.map(({ waitingOn }) => waitingOn?.message);
  const forServer = `no server can be launched for it: ${message}`;
  assert.deepEqual(waits, [message, message, undefined, message, forServer, message, message]);
  assert.deepEqual(planImages(given(next)).changes, []);
});
