import assert from "node:assert/strict";
import type { LogLevel, LogRecord } from "@logtape/logtape";
import { LogLimiter } from "../../src/lib/log_limiter.ts";
import { loggerOf, startLogging } from "../../src/lib/logging.ts";
import { VirtualClock } from "../virtual_clock.ts";

function record(
  text: string,
  { level = "warning", category = "zmq" }: { level?: LogLevel; category?: string } = {},
) {
  const made: LogRecord = {
    category: ["nodepool", category],
    level,
    rawMessage: text,
    message: [text],
    timestamp: 0,
    properties: {},
  };
  return made;
}

const textsOf = (records: readonly LogRecord[]) => records.map(({ message }) => message.join(""));

Deno.test("LogLimiter writes the first hundred troubles of a kind in a minute and counts the rest", async () => {
  const clock = new VirtualClock();
  const limiter = new LogLimiter(clock);
  let written = 0;
  for (let number = 0; number < 12_445; number++) written += limiter.admit(record("bad {text}")).length;
  assert.equal(written, 100);
  assert.deepEqual(limiter.tell(), []);
  await clock.advance(60_000);
  const [summary] = limiter.tell();
  assert.deepEqual(textsOf([summary!]), ["... 12,345 more like this in the last minute: bad {text}"]);
  assert.deepEqual([summary!.level, summary!.properties.omitted], ["warning", 12_345]);
  assert.equal(limiter.admit(record("bad {text}")).length, 1);
});

Deno.test("LogLimiter tells what it omitted before the next line of the kind", async () => {
  const clock = new VirtualClock();
  const limiter = new LogLimiter(clock);
  for (let number = 0; number < 101; number++) limiter.admit(record("bad"));
  await clock.advance(60_000);
  assert.deepEqual(textsOf(limiter.admit(record("bad"))), [
    "... 1 more like this in the last minute: bad",
    "bad",
  ]);
});

Deno.test("LogLimiter omits no first line of a kind, whatever floods beside it", () => {
  const limiter = new LogLimiter(new VirtualClock());
  for (let number = 0; number < 1_000; number++) limiter.admit(record("bad"));
  assert.equal(limiter.admit(record("worse")).length, 1);
  assert.equal(limiter.admit(record("bad", { category: "gearman" })).length, 1);
  assert.equal(limiter.admit(record("bad", { level: "error" })).length, 1);
});

Deno.test("LogLimiter lets thousands of nodes tell of themselves", () => {
  const limiter = new LogLimiter(new VirtualClock());
  let written = 0;
  for (let node = 0; node < 10_000; node++) {
    written += limiter.admit(record("node {node}", { level: "info" })).length;
  }
  assert.equal(written, 6_000);
});

Deno.test("LogLimiter keeps a bounded number of kinds, and tells of those that it drops", () => {
  const limiter = new LogLimiter(new VirtualClock());
  for (let number = 0; number < 102; number++) limiter.admit(record("bad"));
  const told = Array.from({ length: 100_000 }, (_, number) => limiter.admit(record(`kind ${number}`))).flat();
  assert.equal(told.length, 100_001);
  assert.equal(textsOf(told).filter((text) => text.startsWith("... 2 more like this")).length, 1);
});

Deno.test("a flood of lines makes a short log, which ends with the count; values of any length are cut", async () => {
  const file = await Deno.makeTempFile();
  const clock = new VirtualClock();
  const logging = await startLogging({ level: "info", format: "json", file, clock });
  const log = loggerOf("http");
  for (let number = 0; number < 50_000; number++) {
    log.warning("a message is no event: {text}", { text: "x".repeat(10_000) });
  }
  await clock.advance(65_000);
  for (let number = 0; number < 150; number++) log.error("defect: {error}", { error: "it broke" });
  await logging[Symbol.asyncDispose]();
  const lines = (await Deno.readTextFile(file)).trimEnd().split("\n").map((line) => JSON.parse(line));
  await Deno.remove(file);
  assert.equal(lines.length, 202);
  assert.match(lines[0].text, /^x{4000}… \(6000 more characters\)$/);
  assert.equal(
    lines[100].message,
    "... 49,900 more like this in the last minute: a message is no event: {text}",
  );
  assert.equal(lines[201].message, "... 50 more like this in the last minute: defect: {error}");
});

Deno.test("the log for people has one line for each record, and nothing that a terminal acts on", async () => {
  const file = await Deno.makeTempFile();
  const logging = await startLogging({ level: "info", format: "text", file, clock: new VirtualClock() });
  loggerOf("provider").warning("server {name} is unknown", { name: "a\n2030 [ERR] forged\x1b[2J\u202eb" });
  await logging[Symbol.asyncDispose]();
  const text = await Deno.readTextFile(file);
  await Deno.remove(file);
  assert.match(text, /server a 2030 \[ERR\] forged\\u001b\[2J\\u202eb is unknown\n$/);
  assert.equal(text.split("\n").length, 2);
});

Deno.test("startLogging writes all of what somebody asked for, however much it is", async () => {
  const file = await Deno.makeTempFile();
  await using _file = { [Symbol.asyncDispose]: () => Deno.remove(file) };
  const logging = await startLogging({ level: "info", format: "json", file, clock: new VirtualClock() });
  for (let work = 0; work < 500; work++) {
    loggerOf("stack_dump").warning("{text}", { text: `work ${work}` });
    loggerOf("pool").warning("{text}", { text: `trouble ${work}` });
  }
  await logging[Symbol.asyncDispose]();
  const lines = (await Deno.readTextFile(file)).split("\n");
  assert.equal(lines.filter((line) => line.includes("work ")).length, 500);
  assert.equal(lines.filter((line) => line.includes("trouble ")).length, 100);
});

Deno.test("what somebody asked for keeps its lines in the log for people", async () => {
  const file = await Deno.makeTempFile();
  await using _file = { [Symbol.asyncDispose]: () => Deno.remove(file) };
  const logging = await startLogging({ level: "info", format: "text", file, clock: new VirtualClock() });
  loggerOf("stack_dump").warning("{text}", { text: "login: node 7\n  waiting\x1b[2J" });
  await logging[Symbol.asyncDispose]();
  assert.match(await Deno.readTextFile(file), /login: node 7\n {2}waiting\\u001b\[2J\n$/);
});
