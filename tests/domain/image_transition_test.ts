import assert from "node:assert/strict";
import fc from "fast-check";
import { type DibEvent, transitionDib } from "../../src/domain/dib_transition.ts";
import { IllegalTransitionError } from "../../src/domain/node_transition.ts";
import { type ImageEvent, transitionImage } from "../../src/domain/image_transition.ts";
import { imageStateName, type ProviderImage } from "../../src/domain/provider_image.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { sampleDibImage, sampleImage } from "../views/sample_images.ts";
import { NOW } from "../views/sample_pool.ts";

const evidence = { at: NOW, error: "no", kind: "image", requestId: null, fault: null, console: null };
const waitingOn = { reason: "retry", message: "later" } as const;

const upload: readonly ImageEvent[] = [
  { type: "sending" },
  { type: "accepted", externalId: "x" },
  { type: "uploading" },
  { type: "uploaded" },
  { type: "active", check: true },
  { type: "launched", nodeId: 7 },
  { type: "running-script", logFile: "/logs/x" },
  { type: "passed" },
  { type: "delete", by: "user", comment: "old" },
  { type: "delete-accepted" },
  { type: "image-gone" },
];
const snapshot: readonly ImageEvent[] = [
  { type: "keypair", keypair: { name: "k", publicKey: "p", privateKey: "s" } },
  { type: "keypair-made" },
  { type: "launched", nodeId: 7 },
  { type: "server-ready", serverId: "s7" },
  { type: "running-script", logFile: "/logs/x" },
  { type: "set-up" },
  { type: "sending" },
  { type: "accepted", externalId: "x" },
  { type: "active", check: false },
  { type: "keypair-gone" },
];
const anytime: readonly ImageEvent[] = [
  { type: "refused", until: NOW + MINUTE, waitingOn },
  { type: "answer-lost" },
  { type: "failed", comment: "no", evidence },
  { type: "postponed", until: NOW + MINUTE, waitingOn },
  { type: "waiting", waitingOn: null },
];

const create = sampleImage({ id: 1, state: { phase: "create", sentAt: null, lostAt: null } });
const keypair = sampleImage({ id: 1, state: { phase: "keypair" }, source: { type: "snapshot", setup: "x" } });

function phasesOf(image: ProviderImage, events: readonly ImageEvent[]): string[] {
  const phases: string[] = [];
  for (const event of events) {
    image = transitionImage(image, event, NOW);
    if (phases.at(-1) !== image.state.phase) phases.push(image.state.phase);
  }
  return phases;
}

Deno.test("an upload goes through its phases", () => {
  assert.deepEqual(phasesOf(create, upload), [
    "create",
    "upload",
    "saving",
    "check",
    "ready",
    "delete",
    "gone",
  ]);
});

Deno.test("a snapshot goes through its phases", () => {
  assert.deepEqual(
    phasesOf(keypair, snapshot),
    ["keypair", "server", "setup", "snapshot", "saving", "ready"],
  );
});

Deno.test("an image is asked for once, and again only after a refusal", () => {
  const sent = transitionImage(create, { type: "sending" }, NOW);
  assert.throws(() => transitionImage(sent, { type: "sending" }, NOW), IllegalTransitionError);
  const lost = transitionImage(sent, { type: "answer-lost" }, NOW);
  assert.throws(() => transitionImage(lost, { type: "sending" }, NOW), IllegalTransitionError);
  const refused = transitionImage(sent, { type: "refused", until: NOW + MINUTE, waitingOn }, NOW);
  assert.deepEqual([refused.retryAt, refused.waitingOn?.message], [NOW + MINUTE, "later"]);
  assert.equal(transitionImage(refused, { type: "sending" }, NOW).state.phase, "create");
});

Deno.test("a deletion in the middle of a request knows that its image may still turn up", () => {
  const sent = transitionImage(create, { type: "sending" }, NOW);
  const deleted = transitionImage(sent, { type: "delete", by: "user", comment: "not wanted" }, NOW + 1);
  assert.deepEqual(deleted.state, { phase: "delete", externalId: null, lostAt: NOW, acceptedAt: null });
  const known = transitionImage(deleted, { type: "accepted", externalId: "x" }, NOW + 2);
  assert.deepEqual(known.state, { phase: "delete", externalId: "x", lostAt: null, acceptedAt: null });
});

Deno.test("whatever happens in whatever order, an image ends up in a state that it can be deleted from", () => {
  const events = fc.array(fc.constantFrom(...upload, ...snapshot, ...anytime), { maxLength: 30 });
  fc.assert(fc.property(fc.constantFrom(create, keypair), events, (image, happening) => {
    for (const event of happening) {
      const before = image;
      try {
        image = transitionImage(image, event, NOW);
      } catch (error) {
        assert.ok(error instanceof IllegalTransitionError);
      }
      assert.ok(!(imageStateName(before) === "delete" && imageStateName(image) !== "delete"));
      if (before.state.phase === "gone") assert.equal(image.state.phase, "gone");
    }
    const deleted = transitionImage(image, { type: "delete", by: "user", comment: "over" }, NOW);
    assert.equal(imageStateName(deleted), "delete");
  }));
});

const build = sampleDibImage({ id: 1, state: { phase: "build", startedAt: null } });
const dibEvents: readonly DibEvent[] = [
  { type: "building" },
  { type: "built", files: [] },
  { type: "failed", comment: "exit code 1", evidence },
  { type: "delete", by: "user", comment: "old" },
  { type: "postponed", until: NOW + MINUTE, waitingOn: { reason: "delete", message: "busy" } },
  { type: "waiting", waitingOn: null },
];

Deno.test("a build becomes ready or fails, and what is deleted stays deleted", () => {
  const [building, built, failed, removed] = dibEvents;
  const begun = transitionDib(build, building!, NOW);
  assert.deepEqual(begun.state, { phase: "build", startedAt: NOW });
  const ready = transitionDib(begun, built!, NOW + 1);
  assert.deepEqual([ready.state.phase, ready.stateSince], ["ready", NOW + 1]);
  const dead = transitionDib(begun, failed!, NOW + 1);
  assert.deepEqual([dead.state.phase, dead.comment], ["delete", "exit code 1"]);
  for (const event of [building!, built!, failed!]) {
    assert.throws(() => transitionDib(dead, event, NOW), IllegalTransitionError);
  }
  assert.equal(transitionDib(dead, removed!, NOW).comment, "exit code 1");
});
