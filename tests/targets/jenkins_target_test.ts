import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { TargetState } from "../../src/domain/target_state.ts";
import type { Target } from "../../src/targets/target.ts";
import { PASSWORD, USER } from "./jenkins_double.ts";
import { NODE_12, refusalOf, setUp } from "./jenkins_setup.ts";

const { signal } = new AbortController();
const ROOT = { path: /^\/api\/json/ };

Deno.test("observe() says that a Jenkins which runs takes nodes", async () => {
  const { target } = setUp();
  assert.deepEqual(await target.observe({ signal }), { online: true });
});

for (
  const [title, prepare, reason] of [
    ["is quieting down", (jenkins) => jenkins.quietingDown = { reason: null }, "it is quieting down"],
    [
      "is quieting down for a reason",
      (jenkins) => jenkins.quietingDown = { reason: "update at noon" },
      "it is quieting down: update at noon",
    ],
    [
      "is starting",
      (jenkins) => jenkins.loading = true,
      "Please wait while Jenkins is getting ready to work Your browser will reload automatically when Jenkins " +
      "is ready. (HTTP 503)",
    ],
    [
      "is not there",
      (jenkins) => jenkins.failNext({ ...ROOT, breakage: "refused" }),
      "jenkins.example.org: connection refused; nothing listens there " +
      "(url http://jenkins.example.org)",
    ],
    [
      "is another server",
      (jenkins) => jenkins.failNext({ ...ROOT, answer: new Response("<html>It works!") }),
      "the response is not JSON, or was cut off; check url",
    ],
    [
      "answers something else",
      (jenkins) => jenkins.failNext({ ...ROOT, answer: Response.json({ quietingDown: "no" }) }),
      'the response does not match the documented API: quietingDown: Invalid type: Expected boolean but received "no"; ' +
      "check url",
    ],
    [
      "lives elsewhere",
      (jenkins) => {
        const headers = { location: "https://jenkins.example.org/api/json?tree=x" };
        jenkins.failNext({ ...ROOT, answer: new Response(null, { status: 301, headers }) });
      },
      "redirected to https://jenkins.example.org/api/json (HTTP 301); check url",
    ],
    [
      "is not at that path",
      (jenkins) => jenkins.failNext({ ...ROOT, answer: new Response("", { status: 404 }) }),
      "no Jenkins found; check url (HTTP 404)",
    ],
  ] as [string, (jenkins: ReturnType<typeof setUp>["jenkins"]) => void, string][]
) {
  Deno.test(`observe() of a Jenkins that ${title} gives the reason`, async () => {
    const { target, jenkins } = setUp();
    prepare(jenkins);
    assert.deepEqual(await target.observe({ signal }), { online: false, reason });
    jenkins.quietingDown = null;
    jenkins.loading = false;
    assert.deepEqual(await target.observe({ signal }), { online: true });
  });
}

for (
  const [title, options, reason] of [
    [
      "a wrong API key",
      { apiKey: "wrong-key" },
      "Invalid password/token for user: nodepool (HTTP 401); check user nodepool and its apikey",
    ],
    ["nobody", { user: null }, "Authentication required (HTTP 403); set user and apikey"],
  ] as const
) {
  Deno.test(`observe() as ${title} says what to set`, async () => {
    const { target } = setUp({ options });
    assert.deepEqual(await target.observe({ signal }), { online: false, reason });
  });
}

Deno.test("observe() by a user without rights names the right that is missing", async () => {
  const { target } = setUp({ lacking: ["Overall/Read"] });
  assert.deepEqual(await target.observe({ signal }), {
    online: false,
    reason:
      "nodepool is missing the Overall/Read permission (HTTP 403); check the permissions of user nodepool in Jenkins",
  });
});

Deno.test("observe() of a Jenkins that does not answer ends after the timeout", async () => {
  const { target, jenkins, clock } = setUp();
  jenkins.failNext({ ...ROOT, breakage: "silence" });
  let state: TargetState | null = null;
  target.observe({ signal }).then((seen) => state = seen);
  await clock.advance(30_000);
  assert.deepEqual(state, {
    online: false,
    reason: "no response within 30 s (url http://jenkins.example.org)",
  });
});

Deno.test("observe() ends with the caller's own reason when the caller aborts", async () => {
  const { target, jenkins, clock } = setUp();
  jenkins.failNext({ ...ROOT, breakage: "silence" });
  const abort = new AbortController();
  const observed = target.observe({ signal: abort.signal });
  await clock.advance(100);
  abort.abort(new Error("shutting down"));
  await assert.rejects(observed, /shutting down/);
});

Deno.test("every request says who asks, also with letters that are not ASCII", async () => {
  const { target, jenkins } = setUp({ options: { user: "jürgen", apiKey: "schlüssel" } });
  await target.observe({ signal });
  const authorization = jenkins.requests[0]!.headers.get("authorization");
  assert.equal(authorization, `Basic ${Buffer.from("jürgen:schlüssel").toString("base64")}`);
});

Deno.test("the rate holds from the start of one request to the start of the next, crumbs included", async () => {
  const starts: number[] = [];
  const { jenkins } = setUp();
  const { target, clock } = setUp({
    options: {
      rate: 1_000,
      send: (request, options) => {
        starts.push(clock.monotonic());
        return jenkins.send(request, options);
      },
    },
  });
  const done = Promise.all([
    target.createAgent(NODE_12, { signal }),
    target.createAgent({ ...NODE_12, name: "b" }, { signal }),
    target.observe({ signal }),
  ]);
  await clock.advance(10_000);
  await done;
  assert.deepEqual(starts, [0, 1_000, 2_000, 3_000]);
});

Deno.test("closing a target ends what is under way and waits for it", async () => {
  const { target, jenkins, clock } = setUp();
  jenkins.failNext({ path: /doCreateItem/, breakage: "silence" });
  const created = target.createAgent(NODE_12, { signal }).then(() => "created", (error) => error.message);
  await clock.advance(100);
  await target[Symbol.asyncDispose]();
  assert.equal(await created, "target ci was closed");
  assert.equal(clock.sleeping, 0);
});

Deno.test("startJob() queues a build with its parameters, in folders too", async () => {
  const { target, jenkins } = setUp({ jobs: { test: "parameters", "qa/node check": "parameters" } });
  const parameters = { NODE: NODE_12.name, WHY: "a & b=c ü" };
  await target.startJob("test", { parameters, signal });
  await target.startJob("qa/node check", { parameters, signal });
  assert.deepEqual(jenkins.queue, [{ job: "test", parameters }, { job: "qa/node check", parameters }]);
  assert.match(jenkins.calls.at(-1)!, /^POST \/job\/qa\/job\/node%20check\/buildWithParameters\?/);
});

Deno.test("startJob() of a build that is in the queue already queues no other", async () => {
  const { target, jenkins } = setUp({ jobs: { test: "parameters" } });
  const parameters = { NODE: "a" };
  jenkins.failNext({ path: /buildWithParameters/, breakage: "reset", after: true });
  assert.equal((await refusalOf(target.startJob("test", { parameters, signal }))).kind, "unavailable");
  await target.startJob("test", { parameters, signal });
  assert.equal(jenkins.queue.length, 1);
});

Deno.test("startJob() understands the redirect of Jenkins before 1.519", async () => {
  const { target, jenkins } = setUp();
  const headers = { location: "http://old.example.org/queue/item/77/" };
  jenkins.failNext({ path: /buildWith/, answer: new Response(null, { status: 302, headers }) });
  await target.startJob("test", { parameters: {}, signal });
});

for (
  const [kind, expected] of [
    ["missing", ["notFound", "there is no job test that the user may see; check test-job (HTTP 404)"]],
    ["disabled", ["conflict", "test is not buildable! (HTTP 409)"]],
    [
      "closed",
      [
        "badResponse",
        "answered with http://jenkins.example.org/job/test/ (HTTP 302); no build was queued; check url and " +
        "the job",
      ],
    ],
    [
      "plain",
      [
        "unavailable",
        "A problem occurred while processing the request Logging ID=8f7b1c9e-0d55-4c35-a2f3-4b3d6d2a1c11 " +
        "(HTTP 500); see the log of Jenkins",
      ],
    ],
  ] as const
) {
  Deno.test(`startJob() of a job that is ${kind} says what is wrong`, async () => {
    const { target } = setUp({ jobs: kind === "missing" ? {} : { test: kind } });
    const error = await refusalOf(target.startJob("test", { parameters: { NODE: "a" }, signal }));
    assert.deepEqual([error.kind, error.problem], expected);
    assert.equal(error.message, `start job test on target ci: ${error.problem}`);
  });
}

for (const job of ["", "a/../b", "a//b"]) {
  Deno.test(`startJob() of ${JSON.stringify(job)} sends nothing`, async () => {
    const { target, jenkins } = setUp();
    assert.equal((await refusalOf(target.startJob(job, { parameters: {}, signal }))).kind, "badRequest");
    assert.deepEqual(jenkins.calls, []);
  });
}

/** Every way to ask a target for something that can be refused. */
const CALLS: readonly ((target: Target) => Promise<unknown>)[] = [
  (target) => target.createAgent(NODE_12, { signal }),
  (target) => target.relabelAgent("a", { label: "b", signal }),
  (target) => target.deleteAgent("a", { signal }),
  (target) => target.startJob("a", { parameters: {}, signal }),
];

Deno.test("no error holds a secret, not even one that a proxy repeats", async () => {
  const encoded = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
  for (const status of [400, 401, 403, 500, 502]) {
    for (const call of CALLS) {
      const { target, jenkins } = setUp();
      const page = `you sent Basic ${encoded}, that is ${PASSWORD}`;
      for (let count = 0; count < 3; count++) {
        jenkins.failNext({ path: /^(?!\/crumb)/, answer: new Response(page, { status }) });
      }
      const error = await refusalOf(call(target));
      const text = JSON.stringify([error.message, error.stack, error.problem, error.cause]);
      assert.ok(text.includes("you sent Basic ***, that is ***"), text);
      assert.ok(!text.includes(PASSWORD) && !text.includes(encoded), text);
    }
  }
});

Deno.test("every refusal names the target, the action and what is missing", async () => {
  for (const call of CALLS) {
    const { target } = setUp({ options: { apiKey: "wrong" } });
    const error = await refusalOf(call(target));
    assert.match(
      error.message,
      /^[a-z]+ .* on target ci: Invalid password.* \(HTTP 401\); check user nodepool/,
    );
  }
});
