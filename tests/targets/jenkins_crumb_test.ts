import assert from "node:assert/strict";
import { readCrumb } from "../../src/targets/jenkins/crumb.ts";
import { containerError } from "./jenkins_pages.ts";
import { NODE_12, refusalOf, setUp } from "./jenkins_setup.ts";

const { signal } = new AbortController();
const NEXT = { ...NODE_12, name: "trusty-cloud-a-13" };

const crumbCalls = (calls: readonly string[]) => calls.filter((call) => call.includes("crumbIssuer")).length;

Deno.test("the first POST asks for a crumb, and all use it with the session it was issued in", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent(NODE_12, { signal });
  await target.deleteAgent(NODE_12.name, { signal });
  assert.deepEqual(jenkins.calls, [
    "GET /crumbIssuer/api/json",
    "POST /computer/doCreateItem",
    "POST /computer/trusty-cloud-a-12/doDelete",
  ]);
  const [, create, remove] = jenkins.requests;
  assert.match(create!.headers.get("cookie")!, /^JSESSIONID\.\w+=[\w.]+$/);
  assert.equal(remove!.headers.get("jenkins-crumb"), create!.headers.get("jenkins-crumb"));
});

Deno.test("a GET carries no crumb", async () => {
  const { target, jenkins } = setUp();
  await target.observe({ signal });
  await assert.rejects(target.relabelAgent("nobody", { label: "trusty", signal }));
  assert.deepEqual(jenkins.requests.map(({ method }) => method), ["GET", "GET"]);
  assert.equal(crumbCalls(jenkins.calls), 0);
  assert.ok(jenkins.requests.every(({ headers }) => !headers.has("jenkins-crumb")));
});

Deno.test("POSTs at the same time share one question for a crumb", async () => {
  const { target, jenkins } = setUp();
  await Promise.all([target.createAgent(NODE_12, { signal }), target.createAgent(NEXT, { signal })]);
  assert.equal(crumbCalls(jenkins.calls), 1);
  assert.equal(jenkins.agents.size, 2);
});

Deno.test("a crumb that is not valid any more is renewed, and the POST done once", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent(NODE_12, { signal });
  jenkins.endSessions();
  assert.equal(await target.createAgent(NEXT, { signal }), "created");
  assert.equal(crumbCalls(jenkins.calls), 2);
  assert.deepEqual([...jenkins.agents.keys()], [NODE_12.name, NEXT.name]);
});

Deno.test("POSTs at the same time renew an old crumb once", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent(NODE_12, { signal });
  jenkins.endSessions();
  await Promise.all([target.createAgent(NEXT, { signal }), target.deleteAgent(NODE_12.name, { signal })]);
  assert.equal(crumbCalls(jenkins.calls), 2);
});

Deno.test("a Jenkins without crumbs is asked for one once", async () => {
  const { target, jenkins } = setUp({ crumbs: "off" });
  await target.createAgent(NODE_12, { signal });
  await target.createAgent(NEXT, { signal });
  assert.equal(crumbCalls(jenkins.calls), 1);
  assert.equal(jenkins.agents.size, 2);
});

Deno.test("a Jenkins whose crumbs are switched on later is asked again", async () => {
  const { target, jenkins } = setUp();
  jenkins.failNext({ path: /crumbIssuer/, answer: containerError(404, "Not Found") });
  assert.equal(await target.createAgent(NODE_12, { signal }), "created");
  assert.deepEqual(jenkins.calls, [
    "GET /crumbIssuer/api/json",
    "POST /computer/doCreateItem",
    "GET /crumbIssuer/api/json",
    "POST /computer/doCreateItem",
  ]);
});

Deno.test("crumbs of Jenkins before 2.176.2 belong to no session", async () => {
  const { target, jenkins } = setUp({ crumbs: "plain" });
  await target.createAgent(NODE_12, { signal });
  jenkins.endSessions();
  await target.createAgent(NEXT, { signal });
  assert.equal(crumbCalls(jenkins.calls), 1);
});

Deno.test("a new crumb that is refused too is an error, and not asked for in circles", async () => {
  const { target, jenkins } = setUp();
  for (let count = 0; count < 3; count++) {
    const answer = containerError(403, "No valid crumb was included in the request");
    jenkins.failNext({ path: /doCreateItem/, answer });
  }
  const error = await refusalOf(target.createAgent(NODE_12, { signal }));
  assert.deepEqual([error.kind, error.status], ["unauthorized", 403]);
  assert.equal(
    error.problem,
    "No valid crumb was included in the request (HTTP 403); check whether a proxy drops headers or cookies",
  );
  assert.equal(crumbCalls(jenkins.calls), 2);
});

Deno.test("a crumb that cannot be had is the POST's error, and asked for again by the next", async () => {
  const { target, jenkins } = setUp();
  jenkins.failNext({ path: /crumbIssuer/, answer: containerError(500, "broken") });
  const error = await refusalOf(target.createAgent(NODE_12, { signal }));
  assert.equal(error.message, "ask for a crumb on target ci: broken (HTTP 500); see the log of Jenkins");
  assert.equal(await target.createAgent(NODE_12, { signal }), "created");
});

Deno.test("one caller's abort does not end the question that others wait for", async () => {
  const { target, jenkins, clock } = setUp();
  jenkins.failNext({ path: /crumbIssuer/, breakage: "silence" });
  const abort = new AbortController();
  const aborted = target.createAgent(NODE_12, { signal: abort.signal });
  const other = refusalOf(target.createAgent(NEXT, { signal }));
  await clock.advance(100);
  abort.abort(new Error("enough"));
  await assert.rejects(aborted, /enough/);
  await clock.advance(29_900);
  assert.equal((await other).kind, "timeout");
  assert.equal(crumbCalls(jenkins.calls), 1);
});

const cookieCases: readonly [string, string | undefined][] = [
  ["JSESSIONID.1a=node01.node0; Path=/; HttpOnly", "JSESSIONID.1a=node01.node0"],
  ["a=1; Path=/, b=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/", "a=1; b=2"],
  ["", undefined],
];
for (const [setCookie, cookie] of cookieCases) {
  Deno.test(`readCrumb() takes the session from ${JSON.stringify(setCookie)}`, () => {
    const body = new TextEncoder().encode('{"crumb":"c0ffee","crumbRequestField":"Jenkins-Crumb"}');
    const response = { status: 200, headers: { "set-cookie": setCookie }, body };
    const headers = readCrumb(response, (message) => new Error(message));
    assert.deepEqual(headers, { "jenkins-crumb": "c0ffee", ...(cookie !== undefined && { cookie }) });
  });
}

Deno.test("readCrumb() refuses an answer without a crumb", () => {
  const response = { status: 200, headers: {}, body: new TextEncoder().encode("{}") };
  assert.throws(() => readCrumb(response, (message) => new Error(message)), /crumb/);
});
