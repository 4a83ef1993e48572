/** Reading the configuration again: one after the other, the newest last, whoever asks. */
import assert from "node:assert/strict";
import { ConfigError } from "../../src/config/config_error.ts";
import { fileProblem } from "../../src/config/read_text.ts";
import type { Config } from "../../src/domain/config.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { ConfigInForce } from "../../src/pool/config_in_force.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { config, NOW, provider } from "../plan/plan_fixtures.ts";

/** The configuration that allows so many servers. */
const allowing = (maxServers: number) => config({ providers: [provider({ maxServers })] });
const allowed = ({ providers }: Config) => providers[0]!.maxServers;

function kit({ apply = () => Promise.resolve() }: { apply?: (maxServers: number) => Promise<void> } = {}) {
  const clock = new VirtualClock(NOW);
  const [applied, log, told] = [[] as number[], [] as string[], [] as string[]];
  const file = { maxServers: 1, readingTakes: 0, problem: null as Error | null };
  const inForce = new ConfigInForce(allowing(1), {
    clock,
    async read() {
      const { maxServers, readingTakes, problem } = file;
      log.push(`read ${maxServers}`);
      await clock.sleep(readingTakes);
      if (problem !== null) throw problem;
      return { config: allowing(maxServers) };
    },
    async apply(next) {
      log.push(`apply ${allowed(next)}`);
      await clock.sleep(SECOND);
      await apply(allowed(next));
      applied.push(allowed(next));
    },
    tell: ({ kind, message }) => void told.push(`${kind} ${message}`),
    effects: (before, after) => [`max-servers ${allowed(before)} becomes ${allowed(after)}`],
  });
  return { clock, inForce, file, applied, log, told, current: () => allowed(inForce.current) };
}

Deno.test("an older reading that takes longer never replaces a newer one", async () => {
  const { clock, inForce, file, applied, current } = kit();
  Object.assign(file, { maxServers: 2, readingTakes: 10 * SECOND });
  const older = inForce.reload();
  await clock.advance(SECOND);
  Object.assign(file, { maxServers: 3, readingTakes: 0 });
  const newer = inForce.reload();
  await clock.advance(20 * SECOND);
  await Promise.all([older, newer]);
  assert.deepEqual([current(), applied], [3, [2, 3]]);
});

Deno.test("a reload during a reload reads once more after it has taken effect, however many ask", async () => {
  const { clock, inForce, file, log } = kit();
  file.maxServers = 2;
  const first = inForce.reload();
  await clock.advance(SECOND / 2);
  file.maxServers = 3;
  const others = [inForce.reload(), inForce.reload(), inForce.reload()];
  await clock.advance(10 * SECOND);
  assert.deepEqual(log, ["read 2", "apply 2", "read 3", "apply 3"]);
  assert.deepEqual((await first).changes, ["provider cloud-a: max-servers 1 -> 2"]);
  for (const other of others) {
    assert.deepEqual((await other).changes, ["provider cloud-a: max-servers 2 -> 3"]);
  }
});

Deno.test("a file that hangs is a problem after half a minute, and keeps no later reading from being made", async () => {
  const { clock, inForce, file, log, told, current } = kit();
  await Promise.all([inForce.begin(), clock.advance(SECOND)]);
  log.length = 0;
  Object.assign(file, { maxServers: 2, readingTakes: 60 * MINUTE });
  const hanging = inForce.reload();
  await clock.advance(29 * SECOND);
  assert.deepEqual(inForce.standing.problems, []);
  await clock.advance(SECOND);
  const hangs =
    "it has not been read within 30s: a network file system does not answer, or nobody writes to a named pipe";
  assert.deepEqual([await hanging, inForce.standing.problems], [{ changes: [], problems: [hangs] }, [hangs]]);
  assert.equal(inForce.hangs, true);
  assert.deepEqual(told, [`configuration.refused the configuration was refused: ${hangs}`]);
  Object.assign(file, { maxServers: 3, readingTakes: 0 });
  const good = inForce.reload();
  await clock.advance(5 * SECOND);
  assert.deepEqual([(await good).problems, inForce.standing.problems, current()], [[], [], 3]);
  await clock.advance(60 * MINUTE);
  assert.deepEqual([log, current(), inForce.hangs], [["read 2", "read 3", "apply 3"], 3, false]);
});

Deno.test("files that hang are not read again and again, until one reading has ended", async () => {
  const { clock, inForce, file, log, current } = kit();
  await Promise.all([inForce.begin(), clock.advance(SECOND)]);
  Object.assign(file, { maxServers: 2, readingTakes: 60 * MINUTE });
  for (let minute = 0; minute < 10; minute++) {
    const reading = inForce.reload();
    await clock.advance(MINUTE);
    assert.equal((await reading).problems.length, 1);
  }
  assert.deepEqual(log.filter((line) => line === "read 2").length, 8);
  file.readingTakes = 0;
  await clock.advance(60 * MINUTE);
  const good = inForce.reload();
  await clock.advance(5 * SECOND);
  assert.deepEqual([(await good).problems, current()], [[], 2]);
});

Deno.test("what could not take effect as a whole is tried again at the next reload, changed or not", async () => {
  let isBroken = true;
  const { clock, inForce, file, applied, current } = kit({
    apply: () => isBroken ? Promise.reject(new Error("no cloud")) : Promise.resolve(),
  });
  file.maxServers = 2;
  const failing = assert.rejects(inForce.reload(), /no cloud/);
  await clock.advance(5 * SECOND);
  await failing;
  assert.deepEqual([current(), applied], [2, []]);
  isBroken = false;
  const again = inForce.reload();
  await clock.advance(5 * SECOND);
  assert.deepEqual([await again, applied], [{ changes: [], problems: [] }, [2]]);
});

Deno.test("a file that cannot be used changes nothing, and the next reload of a good one does", async () => {
  const { clock, inForce, file, applied, current } = kit();
  await Promise.all([inForce.begin(), clock.advance(SECOND)]);
  const problem = fileProblem("nodepool.yaml", "no labels");
  file.problem = new ConfigError([problem]);
  const bad = inForce.reload();
  await clock.advance(SECOND);
  assert.deepEqual([(await bad).problems.length, inForce.standing.problems.length, current()], [1, 1, 1]);
  Object.assign(file, { problem: null, maxServers: 2 });
  const good = inForce.reload();
  await clock.advance(5 * SECOND);
  await good;
  assert.deepEqual([inForce.standing.problems, current(), applied], [[], 2, [1, 2]]);
  assert.equal(inForce.standing.since, NOW + 2 * SECOND);
});

Deno.test("a file that is read twice, since it changed and SIGHUP came, is refused in the log once", async () => {
  const { clock, inForce, file } = kit();
  await Promise.all([inForce.begin(), clock.advance(SECOND)]);
  const refusals = async (...problems: readonly string[]) => {
    const found = problems.map((problem) => fileProblem("nodepool.yaml", problem));
    file.problem = found.length === 0 ? null : new ConfigError(found);
    const lines = await loggedLines(async () => {
      await Promise.all([inForce.reload(), clock.advance(2 * SECOND)]);
    });
    return lines.filter(({ level }) => level === "error").length;
  };
  assert.deepEqual([await refusals("no labels"), await refusals("no labels")], [1, 0]);
  assert.equal(await refusals("no labels", "no providers"), 2, "something else is wrong");
  await clock.advance(MINUTE);
  assert.equal(await refusals("no labels", "no providers"), 2, "it lasts");
  await refusals();
  assert.equal(await refusals("no labels", "no providers"), 2, "it is broken again");
});

Deno.test("its end waits for what takes effect, and refuses what comes later", async () => {
  const { clock, inForce, file, applied } = kit();
  file.maxServers = 2;
  const reloading = inForce.reload();
  await clock.advance(SECOND / 2);
  const ending = inForce[Symbol.asyncDispose]();
  const late = assert.rejects(inForce.reload(), /the daemon is stopping/);
  await clock.advance(5 * SECOND);
  await Promise.all([reloading, ending, late]);
  assert.deepEqual(applied, [2]);
});

Deno.test("what is opened at the start, and nothing else, is said to take effect at the next start", async () => {
  const before = config({});
  const log = { ...before.log, level: "debug", profileDir: "/tmp/p" } as const;
  const status = { ...before.status, listen: [{ hostname: "::1", port: 1 }] };
  const changed = { ...before, state: "/new", log, status, buildLogDir: "/builds" };
  const read = () => Promise.resolve({ config: changed });
  const lines = await loggedLines(async () => {
    const clock = new VirtualClock(NOW);
    await new ConfigInForce(before, {
      clock,
      read,
      apply: () => Promise.resolve(),
      tell: () => {},
      effects: () => [],
    }).reload();
  });
  const warned = lines.filter(({ level }) => level === "warning");
  assert.deepEqual(warned.map(({ properties }) => String(properties.change).split(" ")[0]), [
    "state",
    "log.level",
    "status.listen",
  ]);
});

Deno.test("what changed in the configuration is an event, and so is what is wrong with it, once", async () => {
  const { clock, inForce, file, told } = kit();
  const reload = async () => {
    const reading = inForce.reload();
    await clock.advance(2 * SECOND);
    await reading;
  };
  file.maxServers = 2;
  await reload();
  await reload();
  file.problem = new ConfigError([fileProblem("nodepool.yaml", "is empty")]);
  await reload();
  await reload();
  assert.equal(told.length, 2, told.join("\n"));
  assert.match(told[0]!, /^configuration\.changed the configuration was changed: .*max-servers/);
  assert.match(told[1]!, /^configuration\.refused the configuration was refused: .*is empty/);
});

Deno.test("what could not be put into effect is told until it could, and when a good one was last read", async () => {
  let isBroken = false;
  const { clock, inForce, file } = kit({
    apply: () => isBroken ? Promise.reject(new Error("the CA file is gone")) : Promise.resolve(),
  });
  const reload = async () => {
    const reading = inForce.reload().catch(() => {});
    await clock.advance(MINUTE);
    await reading;
  };
  const readAt = () => (inForce.standing.readAt - NOW) / MINUTE;
  assert.deepEqual([inForce.standing.fault, readAt()], [null, 0]);
  isBroken = true;
  file.maxServers = 2;
  await reload();
  assert.deepEqual([inForce.standing.fault, readAt()], ["the CA file is gone", 0]);
  isBroken = false;
  file.problem = new ConfigError([fileProblem("nodepool.yaml", "it cannot be read")]);
  await reload();
  assert.equal(readAt(), 0, "a broken one does not count");
  file.problem = null;
  await reload();
  assert.deepEqual([inForce.standing.fault, readAt()], [null, 2]);
});

Deno.test("whatever goes wrong in a reload, not only in the file, is a problem until a reload succeeds, and an event", async () => {
  let isBroken = true;
  const { clock, inForce, file, told, applied } = kit({
    apply: () => isBroken ? Promise.reject(new Error("the CA file is gone")) : Promise.resolve(),
  });
  const reload = async () => {
    const reading = inForce.reload().catch(() => {});
    await clock.advance(MINUTE);
    await reading;
  };
  file.maxServers = 2;
  await reload();
  await reload();
  const refused = () => told.filter((line) => line.startsWith("configuration.refused"));
  assert.deepEqual(refused(), [
    "configuration.refused the configuration is only partly in effect: the CA file is gone",
  ]);
  assert.equal(inForce.standing.readAt, NOW, "one that is not in effect does not count");
  isBroken = false;
  file.problem = new TypeError("text.replace is not a function");
  await reload();
  await reload();
  assert.deepEqual([inForce.standing.fault, inForce.standing.problems.length, refused().length], [
    null,
    1,
    2,
  ]);
  assert.match(inForce.standing.problems[0]!, /text\.replace is not a function/);
  assert.match(refused()[1]!, /text\.replace is not a function/);
  file.problem = null;
  await reload();
  assert.deepEqual([inForce.standing.problems, inForce.standing.fault, applied.at(-1)], [[], null, 2]);
  assert.equal(inForce.standing.readAt, NOW + 4 * MINUTE);
});

Deno.test("a configuration whose changes cannot be told is refused with the reason, and the next good one is taken", async () => {
  const broken = {
    ...allowing(2),
    get labels(): never {
      throw new TypeError("no such label");
    },
  };
  const configs = [broken, broken, allowing(3)];
  const told: string[] = [];
  const inForce = new ConfigInForce(allowing(1), {
    clock: new VirtualClock(NOW),
    read: () => Promise.resolve({ config: configs.shift()! }),
    apply: () => Promise.resolve(),
    tell: ({ kind }) => void told.push(kind),
    effects: () => [],
  });
  for (let times = 0; times < 2; times++) {
    const { problems, changes } = await inForce.reload();
    assert.deepEqual([problems.length, changes, inForce.standing.problems], [1, [], problems]);
    assert.match(problems[0]!, /no such label/);
  }
  await inForce.reload();
  assert.deepEqual([allowed(inForce.current), inForce.standing.problems], [3, []]);
  assert.deepEqual(told, ["configuration.refused", "configuration.mended", "configuration.changed"]);
});

Deno.test("once a bad configuration is mended, the log and an event say that it is good again, changed or not", async () => {
  const { clock, inForce, file, told } = kit();
  const reload = async () => {
    const reading = inForce.reload();
    await clock.advance(MINUTE);
    await reading;
  };
  file.problem = new ConfigError([fileProblem("nodepool.yaml", "is not YAML")]);
  await reload();
  file.problem = null;
  const logged = await loggedLines(async () => {
    await reload();
    await reload();
  });
  const messages = logged.map(({ message }) => message.join(""));
  assert.deepEqual(messages, ["the configuration is good again"]);
  assert.deepEqual(told.map((line) => line.split(":")[0]), [
    "configuration.refused the configuration was refused",
    "configuration.mended the configuration is good again",
  ]);
  file.maxServers = 2;
  const [change, effect] = await loggedLines(reload);
  assert.deepEqual([change, effect].map((line) => line?.message.join("")), [
    "configuration: provider cloud-a: max-servers 1 -> 2",
    "configuration: max-servers 1 becomes 2",
  ]);
});
