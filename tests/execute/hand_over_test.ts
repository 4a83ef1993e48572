/** What a node's target is told of it, one attempt each: the calls that reach a Jenkins or Gearman, and what follows. */
import assert from "node:assert/strict";
import type { ProviderImageConfig, TargetConfig } from "../../src/domain/config.ts";
import type { NodeRecord } from "../../src/domain/node.ts";
import { SECOND } from "../../src/domain/time.ts";
import { type HandOverDeps, type TargetAccess, tellTarget } from "../../src/execute/hand_over.ts";
import { TargetError } from "../../src/targets/target_error.ts";
import { VirtualClock } from "../virtual_clock.ts";
import type { Target } from "../../src/targets/target.ts";
import { sampleConfig } from "../views/sample_pool.ts";
import { ADDRESSES, image, node, NOW, states } from "../plan/plan_fixtures.ts";

type Answers = Readonly<Record<string, unknown>>;

const IMAGE: ProviderImageConfig = image({ userHome: "/home/ci", username: "ci", connectionPort: 2222 });
const READY: NodeRecord = node(states.assign, { addresses: ADDRESSES, hostKeys: ["ssh-ed25519 AAAA"] });

/** Answers each method from the list, an Error by throwing it, and writes down what was asked. */
function scripted(answers: Answers, calls: unknown[][]) {
  const left = new Map(Object.entries(answers).map(([name, answer]) => [name, [answer].flat()]));
  return new Proxy({}, {
    get: (_, name) => (...args: unknown[]) => {
      calls.push([name, ...args.map(withoutSignal)]);
      const answer = left.get(String(name))?.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
}

function withoutSignal(arg: unknown): unknown {
  if (typeof arg !== "object" || arg === null) return arg;
  const { signal: _, ...rest } = arg as { signal?: unknown };
  return rest;
}

interface Kit extends HandOverDeps {
  readonly calls: unknown[][];
  readonly image: ProviderImageConfig;
}

function kit(
  type: "jenkins" | "gearman",
  answers: Answers = {},
  { testJob = null as string | null } = {},
): Kit {
  const calls: unknown[][] = [];
  const config: TargetConfig = {
    ...sampleConfig().targets[0]!,
    name: "ci",
    assignViaGearman: type === "gearman",
    jenkins: { url: "http://ci/", user: null, apiKey: null, credentialsId: null, testJob },
  };
  const far = scripted(answers, calls);
  const access: TargetAccess = type === "jenkins"
    ? { type, target: far as Target, config }
    : { type, gearman: far as Extract<TargetAccess, { type: "gearman" }>["gearman"], config };
  return { access, clock: new VirtualClock(NOW), signal: new AbortController().signal, image: IMAGE, calls };
}

const executeAssign = (node: NodeRecord, { image, ...deps }: Kit) =>
  tellTarget({ type: "assign-node", node, image }, deps);
const executeStartTest = ({ node, job }: { node: NodeRecord; job: string }, deps: Kit) =>
  tellTarget({ type: "start-test", node, job }, deps);
const executeRelabel = (node: NodeRecord, deps: Kit) => tellTarget({ type: "relabel-agent", node }, deps);
const executeClose = (node: NodeRecord, deps: Kit) => tellTarget({ type: "close-agent", node }, deps);
const executeUnassign = (node: NodeRecord, deps: Kit) => tellTarget({ type: "unassign-node", node }, deps);

const AGENT = {
  name: READY.nodename,
  description: "Dynamic single use noble node",
  label: "noble",
  remoteFolder: "/home/ci",
  host: "10.0.0.7",
  port: 2222,
  username: "ci",
  privateKey: IMAGE.privateKey,
  hostKeys: ["ssh-ed25519 AAAA"],
};

Deno.test("executeAssign() makes the node an agent of its Jenkins, ready with its label", async () => {
  const deps = kit("jenkins", { createAgent: "created" });
  const outcome = await executeAssign(READY, deps);
  assert.deepEqual(outcome, { event: { type: "assigned", manager: "ci", next: "ready" } });
  assert.deepEqual(deps.calls, [["createAgent", AGENT, {}]]);
});

Deno.test("executeAssign() makes an agent without a label where a test-job comes first", async () => {
  const deps = kit("jenkins", { createAgent: "created" }, { testJob: "node-test" });
  const outcome = await executeAssign(READY, deps);
  assert.deepEqual(outcome, { event: { type: "assigned", manager: "ci", next: "test" } });
  assert.deepEqual(deps.calls, [["createAgent", { ...AGENT, label: null }, {}]]);
});

Deno.test("executeAssign() replaces an agent of that name, which may lead elsewhere", async () => {
  const deps = kit("jenkins", { createAgent: ["exists", "created"], isIdle: true });
  await executeAssign(READY, deps);
  const names = deps.calls.map(([name]) => name);
  assert.deepEqual(names, ["createAgent", "relabelAgent", "isIdle", "deleteAgent", "createAgent"]);
  assert.deepEqual(deps.calls[3], ["deleteAgent", READY.nodename, { host: undefined }]);
});

Deno.test("executeAssign() leaves an agent of that name alone as long as a job runs on it", async () => {
  const deps = kit("jenkins", { createAgent: "exists", isIdle: false });
  const { event } = await executeAssign(READY, deps);
  assert.ok(event !== null && event !== "ended" && event.type === "postponed");
  assert.match(event.waitingOn.message, /^another agent already has that name; a job runs on agent/);
  assert.ok(deps.calls.every(([name]) => name !== "deleteAgent"));
});

Deno.test("executeAssign() tells managers behind Gearman, and remembers which one answered", async () => {
  for (const manager of ["manager-1", null]) {
    const deps = kit("gearman", { assign: { manager } });
    const outcome = await executeAssign(READY, deps);
    assert.deepEqual(outcome, { event: { type: "assigned", manager, next: "ready" } });
    const told = {
      name: READY.nodename,
      host: "10.0.0.7",
      description: "Dynamic single use noble node",
      labels: "noble",
      root: "/home/ci",
    };
    assert.deepEqual(deps.calls, [["assign", "ci", told, { timeout: 60 * SECOND }]]);
  }
});

Deno.test("executeStartTest() starts the test-job for the node", async () => {
  const deps = kit("jenkins", { startJob: undefined }, { testJob: "node-test" });
  const outcome = await executeStartTest({ node: READY, job: "node-test" }, deps);
  assert.deepEqual(deps.calls, [["startJob", "node-test", { parameters: { NODE: READY.nodename } }]]);
  assert.deepEqual(outcome.event, {
    type: "waiting",
    waitingOn: { reason: "target", message: "the test-job node-test runs on it" },
  });
});

Deno.test("executeRelabel() gives the agent its label: it has passed", async () => {
  const deps = kit("jenkins", { relabelAgent: undefined });
  assert.deepEqual(await executeRelabel(READY, deps), { event: { type: "tested" } });
  assert.deepEqual(deps.calls, [["relabelAgent", READY.nodename, { label: "noble", host: "10.0.0.7" }]]);
});

Deno.test("executeUnassign() removes the agent, also where it is gone already", async () => {
  for (const answer of ["deleted", "gone", "other"]) {
    const deps = kit("jenkins", { deleteAgent: answer });
    assert.deepEqual(await executeUnassign(READY, deps), { event: { type: "unassigned" } });
    assert.deepEqual(deps.calls, [["deleteAgent", READY.nodename, { host: "10.0.0.7" }]]);
  }
});

Deno.test("executeUnassign() of a node that may run a job removes an agent that gets none and runs none", async () => {
  const telling = {
    type: "unassign-node",
    node: { ...READY, comment: "failed the check" },
    whenIdle: true,
  } as const;
  const idle = kit("jenkins", { isIdle: true });
  assert.deepEqual(await tellTarget(telling, idle), { event: { type: "unassigned" } });
  assert.deepEqual(idle.calls, [
    ["relabelAgent", READY.nodename, { label: "", host: "10.0.0.7" }],
    ["isIdle", READY.nodename, { host: "10.0.0.7" }],
    ["deleteAgent", READY.nodename, { host: "10.0.0.7" }],
  ]);
  const busy = kit("jenkins", { isIdle: false });
  assert.deepEqual((await tellTarget(telling, busy)).event, {
    type: "postponed",
    until: NOW + SECOND,
    waitingOn: {
      reason: "target",
      message:
        `failed the check; a job runs on agent ${READY.nodename} on target ${READY.target} and ends first: ` +
        "to end it now, `nodepool delete 7`",
    },
  });
  assert.deepEqual(busy.calls.map(([name]) => name), ["relabelAgent", "isIdle"]);
});

Deno.test("executeUnassign() tells the manager that has the node, and nobody where none does", async () => {
  const deps = kit("gearman");
  assert.deepEqual(await executeUnassign({ ...READY, manager: "manager-1" }, deps), {
    event: { type: "unassigned" },
  });
  assert.deepEqual(deps.calls, [["revoke", "manager-1", READY.nodename, {}]]);
  const unmanaged = kit("gearman");
  assert.deepEqual(await executeUnassign(READY, unmanaged), { event: { type: "unassigned" } });
  assert.deepEqual(unmanaged.calls, []);
});

Deno.test("an attempt that fails says why, and is made again after a pause that grows", async () => {
  const cause = new Error("connection refused");
  const refusal = new Error("create agent node-7 on target ci: no connection", { cause });
  const failing = { createAgent: refusal, deleteAgent: refusal, relabelAgent: refusal, startJob: refusal };
  const calls: ((node: NodeRecord, deps: Kit) => ReturnType<typeof executeAssign>)[] = [
    executeAssign,
    executeClose,
    executeRelabel,
    executeUnassign,
    (node, deps) => executeStartTest({ node, job: "node-test" }, deps),
  ];
  for (const call of calls) {
    for (const [attempt, seconds] of [[0, 1], [3, 8], [20, 60]] as const) {
      const { event } = await call({ ...READY, attempt }, kit("jenkins", failing));
      assert.deepEqual(event, {
        type: "postponed",
        until: NOW + seconds * SECOND,
        waitingOn: {
          reason: "target",
          message: "create agent node-7 on target ci: no connection: connection refused",
        },
      });
    }
  }
});

Deno.test("an attempt that is aborted is none", async () => {
  const stop = new AbortController();
  const deps = { ...kit("jenkins", { createAgent: new Error("aborted") }), signal: stop.signal };
  stop.abort(new Error("the pool stops"));
  await assert.rejects(executeAssign(READY, deps), /the pool stops/);
});

Deno.test("executeClose() takes the label away, so that no second job finds the agent", async () => {
  const deps = kit("jenkins", { relabelAgent: undefined });
  const used = node(states.used);
  assert.deepEqual(await executeClose(used, deps), { event: { type: "closed" } });
  assert.deepEqual(deps.calls, [["relabelAgent", used.nodename, { label: "", host: undefined }]]);
});

Deno.test("executeClose() is repeated where Jenkins does not answer, not where it refuses", async () => {
  const refusal = (kind: "timeout" | "unauthorized") =>
    new TargetError(kind, "no", { action: "relabel agent" });
  const late = await executeClose(node(states.used), kit("jenkins", { relabelAgent: refusal("timeout") }));
  assert.ok(late.event !== null && late.event !== "ended" && late.event.type === "postponed");
  const refused = await executeClose(
    node(states.used),
    kit("jenkins", { relabelAgent: refusal("unauthorized") }),
  );
  assert.deepEqual(refused, { event: { type: "closed", isRefused: true } });
});
