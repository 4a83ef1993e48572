/** Levels that somebody sets while the program runs or with NODEPOOL_LOG, over what the configuration says. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";
import { inFlight } from "../../src/lib/in_flight.ts";
import { LogLevels } from "../../src/lib/log_levels.ts";
import { handlersFor, type LogHandler, type LogPlan } from "../../src/lib/log_plan.ts";
import { parseLogCategory, parseLogLevel, quickLevels } from "../../src/lib/log_spec.ts";
import { loggerOf, startLogging } from "../../src/lib/logging.ts";
import { VirtualClock } from "../virtual_clock.ts";

const quick = (text: string | undefined) => quickLevels(() => text);

Deno.test("NODEPOOL_LOG names a level for all, or levels of categories by short or whole names", () => {
  const cloud = { category: "nodepool.cloud", level: "debug" };
  assert.deepEqual(quick("debug"), [{ category: "nodepool", level: "debug" }]);
  assert.deepEqual(quick("cloud=debug,ssh=trace"), [cloud, { category: "nodepool.ssh", level: "trace" }]);
  assert.deepEqual(quick(" nodepool.cloud = DEBUG , warn"), [cloud, {
    category: "nodepool",
    level: "warning",
  }]);
  assert.deepEqual([quick(undefined), quick("")], [[], []]);
});

Deno.test("a reset gives a category and those below it back to the configuration, and of all each", () => {
  const levels = new LogLevels(systemClock);
  const set = () => levels.list().map(({ category }) => category);
  for (const category of ["nodepool", "nodepool.image", "nodepool.image.build", "nodepool.images"]) {
    levels.set(category, { level: "debug" });
  }
  levels.reset("nodepool.image");
  assert.deepEqual(set(), ["nodepool", "nodepool.images"]);
  levels.reset("nodepool");
  assert.deepEqual(set(), []);
});

Deno.test("what no level or category means is refused with the nearest one and all there are", () => {
  const levels = "trace, debug, info, warning, error";
  assert.throws(() => quick("debgu"), {
    message: `NODEPOOL_LOG=debgu: there is no level "debgu"; did you mean debug? The levels are ${levels}`,
  });
  assert.throws(() => quick("cluod=debug"), {
    message: /no category "cluod"; did you mean cloud\? The categories are all, check, /,
  });
  for (const text of ["=debug", "cloud=", "cloud=debug=1", ",", "nodepool.=debug", "xyzzy"]) {
    assert.throws(() => quick(text), { name: "LogSpecError" }, text);
  }
  assert.throws(() => parseLogLevel("loud"), {
    message: `there is no level "loud"; the levels are ${levels}`,
  });
  assert.equal(parseLogCategory("image.build.noble"), "nodepool.image.build.noble");
});

const file = (level: LogHandler["level"]): LogHandler => ({ to: "stderr", level, format: null });

function planOf(...handlers: LogHandler[]): LogPlan {
  return { loggers: [{ name: "", level: "info", handlers, propagate: true }] };
}

Deno.test("a level that is set wins over loggers, and over handlers only where none would take the line", () => {
  const [all, errors] = [file(null), file("error")];
  const line = { category: "nodepool.cloud", level: "debug", set: "debug" } as const;
  assert.deepEqual(handlersFor(planOf(all, errors), line), [all], "an alarm on errors stays one");
  assert.deepEqual(handlersFor(planOf(file("info")), line).length, 1);
  assert.deepEqual(handlersFor(planOf(all), { ...line, set: null }), []);
  assert.deepEqual(handlersFor(planOf(all), { ...line, level: "info", set: "error" }), []);
});

Deno.test("a level goes back by itself after its time, the nearest one above a category decides, and a reset ends it", async () => {
  const clock = new VirtualClock();
  const levels = new LogLevels(clock);
  levels.set("nodepool.image", { level: "debug", time: 1_000 });
  levels.set("nodepool", { level: "error" });
  assert.deepEqual(
    [levels.of("nodepool.image.build.noble"), levels.of("nodepool.imagery"), levels.of("logtape.meta")],
    ["debug", "error", null],
  );
  await clock.advance(400);
  assert.deepEqual(levels.list().map(({ remaining }) => remaining), [null, 600]);
  await clock.advance(600);
  assert.deepEqual([levels.expire(), levels.of("nodepool.image")], [["nodepool.image"], "error"]);
  levels.reset("nodepool");
  assert.deepEqual(levels.list(), []);
});

Deno.test("lines have date and zone, and the node of the work that they belong to, as text and as JSON", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-log-" });
  try {
    const told = async (format: "text" | "json") => {
      const path = `${folder}/${format}`;
      await using logging = await startLogging({ level: "info", format, file: path });
      logging.levels.set("nodepool.cloud", { level: "debug" });
      await inFlight.run({ what: "login", about: { node: 12 } }, systemClock, () => {
        loggerOf("cloud").debug("create server on {provider}", { provider: "main", requestId: "req-5" });
        loggerOf("node").info("node {node}: to be launched", { node: 12 });
        loggerOf("ssh").debug("not wanted");
        return Promise.resolve();
      });
      return Deno.readTextFileSync(path).trim().split("\n");
    };
    const [asked, launched, ...more] = await told("text");
    assert.match(
      asked!,
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d) \[DBG\] nodepool\.cloud: create server on main \(node 12, req-5\)$/,
    );
    assert.match(launched!, /nodepool\.node: node 12: to be launched$/);
    assert.deepEqual(more, []);
    for (const line of await told("json")) assert.equal(JSON.parse(line).node, 12);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
