/**
 * Nothing is done twice for one decision: a plan from before an answer was stored is left to the next one. What is broken
 * off when the daemon stops has not failed.
 */
import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import type { NodeRecord, NodeState } from "../../src/domain/node.ts";
import type { ProviderImage, ProviderImageState } from "../../src/domain/provider_image.ts";
import { SECOND } from "../../src/domain/time.ts";
import type { TargetAccess } from "../../src/execute/hand_over.ts";
import type { Action, ActionType } from "../../src/plan/action.ts";
import type { ImageAction, ProviderImageAction } from "../../src/plan/images/image_action.ts";
import { LoginError } from "../../src/ssh/shell.ts";
import { ADDRESSES, config, floatingIp, image, node, NOW, provider, states } from "../plan/plan_fixtures.ts";
import { sampleDibImage, sampleImage } from "../views/sample_images.ts";
import { executorKit, imageExecutorOf, scriptedTarget } from "./execute_fixtures.ts";

type Answer = "works" | "fails" | "stops";

const failing = () => Promise.reject(new Error("not now"));

/** Waits for its answer until the daemon stops. */
function untilStop() {
  const { promise, reject } = Promise.withResolvers<never>();
  return { wait: () => promise, stop: () => reject(new CloudError("unavailable", "it was called off")) };
}

interface Case {
  readonly state: NodeState;
  readonly fields?: Partial<NodeRecord>;
  readonly action: (node: NodeRecord) => Action;
  /** What is asked for, of the cloud, the shell or the target. */
  readonly asks: readonly string[];
}

const ip = { id: "f7", address: "203.0.113.7", portId: "p7" };

const cases: { readonly [Type in ActionType]: Case } = {
  "create-server": {
    state: states.create,
    action: (node) => ({ type: "create-server", node }),
    asks: ["createServer"],
  },
  "delete-server": {
    state: states["delete-server"],
    action: (node) => ({ type: "delete-server", node, serverId: "s7" }),
    asks: ["deleteServer"],
  },
  "create-floating-ip": {
    state: states.address,
    action: (node) => ({
      type: "create-floating-ip",
      node,
      ways: [{ portId: "p7", networkId: "n2" }],
      otherwise: null,
    }),
    asks: ["createFloatingIp"],
  },
  "delete-floating-ip": {
    state: states["delete-address"],
    fields: { floatingIp: ip },
    action: (node) => ({ type: "delete-floating-ip", node, floatingIpId: "f7" }),
    asks: ["getFloatingIp", "deleteFloatingIp"],
  },
  "login": {
    state: states.login,
    fields: { addresses: ADDRESSES },
    action: (node) => ({ type: "login", node, address: "10.0.0.7" }),
    asks: ["login"],
  },
  "prepare-node": {
    state: states.prepare,
    fields: { addresses: ADDRESSES },
    action: (node) => ({ type: "prepare-node", node, subnodes: [], readyScript: "ready.sh" }),
    asks: ["connect"],
  },
  "assign-node": {
    state: states.assign,
    action: (node) => ({ type: "assign-node", node }),
    asks: ["createAgent"],
  },
  "start-test": {
    state: states.test,
    action: (node) => ({ type: "start-test", node, job: "test-node" }),
    asks: ["startJob"],
  },
  "relabel-agent": {
    state: states.test,
    action: (node) => ({ type: "relabel-agent", node }),
    asks: ["relabelAgent"],
  },
  "close-agent": {
    state: states.used,
    action: (node) => ({ type: "close-agent", node }),
    asks: ["relabelAgent"],
  },
  "end-job": {
    state: states.used,
    fields: { jobEnd: { at: NOW, result: "SUCCESS" } },
    action: (node) => ({ type: "end-job", node }),
    asks: ["endJob"],
  },
  "unassign-node": {
    state: states.unassign,
    action: (node) => ({ type: "unassign-node", node }),
    asks: ["deleteAgent"],
  },
  "give-up": {
    state: states.boot,
    action: (node) => ({
      type: "give-up",
      node,
      failure: { serverId: "s7", message: "too slow", kind: "timeout", wantsConsole: true },
    }),
    asks: ["getConsole"],
  },
};

const working = {
  createServer: () => Promise.resolve({ id: "s7" }),
  deleteServer: () => Promise.resolve("accepted" as const),
  createFloatingIp: () => Promise.resolve(floatingIp("f7", { portId: "p7" })),
  getFloatingIp: (id: string) => Promise.resolve(floatingIp(id, { portId: "p7" })),
  deleteFloatingIp: () => Promise.resolve("accepted" as const),
  getConsole: () => Promise.resolve("kernel panic"),
};

/** What the action asks for when it is dispatched twice as one plan had it, the second time when the first is stored. */
async function dispatched({ state, fields, action, asks: wanted }: Case, answer: Answer) {
  const works = answer === "works";
  const end = untilStop();
  const fail = answer === "stops" ? end.wait : failing;
  const calls: string[] = [];
  const target = scriptedTarget((method) => {
    calls.push(method);
    return works ? Promise.resolve() : fail();
  });
  const access = { type: "jenkins", target, config: { name: "", jenkins: { testJob: "test-node" } } };
  await using kit = await executorKit({
    nodes: [node(state, { subnodeCount: 0, ...fields })],
    config: config({ providers: [provider({ images: [image()] })] }),
    cloud: works ? working : {
      ...Object.fromEntries(Object.keys(working).map((name) => [name, fail])),
      getFloatingIp: working.getFloatingIp,
    },
    login: () => {
      calls.push("login");
      return works ? Promise.resolve({ exitCode: 0, output: "" }) : fail();
    },
    connect: () => {
      calls.push("connect");
      return works ? Promise.reject(new LoginError("network", "no route")) : fail();
    },
    target: access as unknown as TargetAccess,
    endJob: async () => {
      calls.push("endJob");
      await kit.ledger.edit((edit) => edit.putNode({ ...edit.node(7)!, state: states.hold }));
    },
  });
  const planned = action(kit.node()!);
  const asks = () => [...kit.cloud.calls.map(({ method }) => method), ...calls];
  if (answer === "stops") {
    kit.dispatch([planned]);
    await kit.clock.advanceUntil(() => asks().length === wanted.length, { within: SECOND });
    const ended = kit.executor[Symbol.asyncDispose]();
    end.stop();
    await ended;
  } else {
    await kit.run(planned);
    await kit.run(planned);
  }
  assert.deepEqual(kit.defects, []);
  return { asks: asks(), node: kit.node()! };
}

for (const [type, each] of Object.entries(cases)) {
  Deno.test(`nothing is done twice: ${type} by a plan from before it was answered`, async () => {
    assert.deepEqual((await dispatched(each, "works")).asks, each.asks);
  });
  if (type === "end-job") continue;
  Deno.test(`what the daemon's end breaks off has not failed: ${type}`, async () => {
    const { node } = await dispatched(each, "stops");
    const { state: { phase }, evidence, waitingOn, retryAt, deletedBy } = node;
    assert.deepEqual([phase, evidence, waitingOn, retryAt, deletedBy], [
      each.state.phase,
      null,
      null,
      null,
      null,
    ]);
  });
  if (type === "give-up") continue;
  Deno.test(`nothing is repeated before its time: ${type} by a plan from before it failed`, async () => {
    assert.deepEqual((await dispatched(each, "fails")).asks, each.asks);
  });
}

const keypair = { name: "k5", publicKey: "ssh-ed25519 AAAA", privateKey: "private" };

interface ImageCase {
  readonly state: ProviderImageState;
  readonly action: (image: ProviderImage) => ProviderImageAction;
  readonly asks: readonly string[];
}

const dibImage = sampleDibImage({ id: 3, path: "/images/noble-1" });

const imageCases: Readonly<Record<string, ImageCase>> = {
  "create-image": {
    state: { phase: "create", sentAt: null, lostAt: null },
    action: (image) => ({ type: "create-image", image }),
    asks: ["createImage"],
  },
  "upload-image": {
    state: { phase: "upload", externalId: "i5", startedAt: null },
    action: (image) => ({ type: "upload-image", image, externalId: "i5", dibImage }),
    asks: ["uploadImage"],
  },
  "create-keypair": {
    state: { phase: "keypair" },
    action: (image) => ({ type: "create-keypair", image }),
    asks: ["createKeypair"],
  },
  "delete-keypair": {
    state: { phase: "ready", externalId: "i5" },
    action: (image) => ({ type: "delete-keypair", image, keypair: "k5" }),
    asks: ["deleteKeypair"],
  },
  "create-snapshot": {
    state: { phase: "snapshot", nodeId: 7, sentAt: null, lostAt: null },
    action: (image) => ({ type: "create-snapshot", image, nodeId: 7 }),
    asks: ["createSnapshot"],
  },
  "delete-image": {
    state: { phase: "delete", externalId: "i5", lostAt: null, acceptedAt: null },
    action: (image) => ({ type: "delete-image", image, externalId: "i5" }),
    asks: ["deleteImage"],
  },
};

async function dispatchedForImage({ state, action }: ImageCase, answer: Answer) {
  const end = untilStop();
  const fail = answer === "stops" ? end.wait : failing;
  const made = answer === "works" ? () => Promise.resolve({ id: "i5" }) : fail;
  const done = answer === "works" ? () => Promise.resolve() : fail;
  const deleted = answer === "works" ? () => Promise.resolve("accepted" as const) : fail;
  await using kit = await executorKit({
    cloud: {
      createImage: made,
      uploadImage: done,
      createKeypair: done,
      deleteKeypair: deleted,
      createSnapshot: made,
      deleteImage: deleted,
    },
  });
  const source = {
    type: "upload",
    diskimage: "noble",
    dibImageId: 3,
    dibVersion: 1,
    format: "qcow2",
  } as const;
  await kit.ledger.edit((edit) => edit.putImage(sampleImage({ id: 5, state, keypair, source })));
  const data = { size: 1, open: () => ReadableStream.from([new Uint8Array(1)]) };
  await using images = imageExecutorOf(kit, { builder: { open: () => Promise.resolve(data) } as never });
  const planned = action(kit.ledger.images.get(5)!);
  if (answer === "stops") {
    images.dispatch([planned], config());
    await kit.clock.advanceUntil(() => kit.cloud.calls.length > 0, { within: SECOND });
    const ended = images[Symbol.asyncDispose]();
    end.stop();
    await ended;
  }
  for (let time = 0; time < 2 && answer !== "stops"; time++) {
    images.dispatch([planned], config());
    await kit.clock.advanceUntil(() => !images.isRunning(planned.type, 5), { within: 1_000 });
  }
  assert.deepEqual(kit.defects, []);
  return { asks: kit.cloud.calls.map(({ method }) => method), image: kit.ledger.images.get(5)! };
}

for (const [type, each] of Object.entries(imageCases)) {
  for (const answer of ["works", "fails"] as const) {
    Deno.test(`nothing is done twice for an image: ${type} by a plan from before it ${answer}`, async () => {
      assert.deepEqual((await dispatchedForImage(each, answer)).asks, each.asks);
    });
  }
  Deno.test(`what the daemon's end breaks off has not failed, for an image: ${type}`, async () => {
    const { state: { phase }, evidence, waitingOn, retryAt } =
      (await dispatchedForImage(each, "stops")).image;
    assert.deepEqual([phase, evidence, waitingOn, retryAt], [each.state.phase, null, null, null]);
  });
}

Deno.test("the files of a build are removed once by one plan", async () => {
  await using kit = await executorKit();
  await kit.ledger.edit((edit) => edit.putDibImage({ ...dibImage, state: { phase: "delete" } }));
  const removed: string[] = [];
  const builder = { remove: (path: string) => Promise.resolve(void removed.push(path)) };
  await using images = imageExecutorOf(kit, { builder: builder as never });
  const planned: ImageAction = { type: "remove-files", dibImage: kit.ledger.dibImages.get(3)! };
  for (let time = 0; time < 2; time++) {
    images.dispatch([planned], config());
    await kit.clock.advanceUntil(() => !images.isRunning("remove-files", 3), { within: 1_000 });
  }
  assert.deepEqual([removed, kit.ledger.dibImages.size], [["/images/noble-1"], 0]);
});
