import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { parseJobEvent } from "../../../src/demand/zmq/job_event.ts";

/** A message as Jenkins' plugin writes it. */
function message(topic: string, build: Record<string, unknown> = {}): string {
  const whole = {
    name: "gate-unit",
    url: "job/gate-unit/",
    build: { full_url: "http://jenkins.test/job/gate-unit/7/", number: 7, node_name: "bare-1", ...build },
  };
  return `${topic} ${JSON.stringify(whole)}`;
}

const event = { job: "gate-unit", nodename: "bare-1", result: null, branch: null };

Deno.test("parseJobEvent() reads the beginning, the completion and the end of a job", () => {
  deepEqual(parseJobEvent(message("onStarted", { phase: "STARTED" })), { ...event, type: "started" });
  deepEqual(parseJobEvent(message("onCompleted", { phase: "COMPLETED", status: "FAILURE" })), {
    ...event,
    type: "completed",
    result: "FAILURE",
  });
  const parameters = { ZUUL_BRANCH: "master", ZUUL_UUID: "1" };
  deepEqual(
    parseJobEvent(message("onFinalized", { status: "SUCCESS", parameters })),
    {
      type: "finalized",
      job: "gate-unit",
      nodename: "bare-1",
      result: "SUCCESS",
      branch: "master",
    },
  );
});

Deno.test("parseJobEvent() reads a job that ran on no agent", () => {
  equal(parseJobEvent(message("onStarted", { node_name: "" }))?.nodename, "");
  equal(parseJobEvent(message("onStarted", { node_name: undefined }))?.nodename, "");
});

for (
  const parameters of [undefined, null, {}, [], "none", { ZUUL_BRANCH: null }, { ZUUL_BRANCH: 7 }, {
    OTHER: "x",
  }]
) {
  Deno.test(`parseJobEvent() reads the end of a job whose parameters are ${JSON.stringify(parameters)}`, () => {
    deepEqual(parseJobEvent(message("onFinalized", { status: "ABORTED", parameters })), {
      ...event,
      type: "finalized",
      result: "ABORTED",
    });
  });
}

Deno.test("parseJobEvent() reads an end whose status is missing or strange", () => {
  for (const status of [undefined, null, 7, {}]) {
    deepEqual(parseJobEvent(message("onFinalized", { status })), { ...event, type: "finalized" });
  }
});

Deno.test("parseJobEvent() takes any white space between topic and event, and line ends in the event", () => {
  const text = 'onStarted \t\n {\n "name": "a",\n "build": {"node_name": "b"}\n}\n';
  deepEqual(parseJobEvent(text), { ...event, type: "started", job: "a", nodename: "b" });
});

const none = [
  "",
  "onStarted",
  "onStarted ",
  "onStarted no json",
  'onStarted {"name": "a"',
  'onStarted {"name": "a"}',
  'onStarted {"build": {"node_name": "b"}}',
  'onStarted {"name": 7, "build": {"node_name": "b"}}',
  'onStarted {"name": "a", "build": null}',
  'onStarted {"name": "a", "build": "b"}',
  "onStarted []",
  "onStarted null",
  message("onDeleted"),
  message("constructor"),
  message("toString"),
  message("xonStarted"),
  message("onStartedx"),
  message("onstarted"),
];
for (const text of none) {
  Deno.test(`parseJobEvent() takes ${JSON.stringify(text.slice(0, 60))} for none`, () =>
    equal(parseJobEvent(text), null));
}

Deno.test("parseJobEvent() never throws, and gives nothing but events", () => {
  const json = fc.oneof(fc.json(), fc.string(), fc.json().map((build) => `{"name": "a", "build": ${build}}`));
  fc.assert(fc.property(fc.constantFrom("onStarted ", "onFinalized ", ""), json, (topic, text) => {
    const parsed = parseJobEvent(topic + text);
    if (parsed === null) return;
    deepEqual([typeof parsed.job, typeof parsed.nodename], ["string", "string"]);
  }));
});
