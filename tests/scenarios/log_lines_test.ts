/** One id through the whole log of a launch: whoever searches for a node finds each line about it. Virtual time. */
import assert from "node:assert/strict";
import { startLogging } from "../../src/lib/logging.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

/** The log, in that format, of a pool whose first launch fails at the login. */
async function logOfFailure(format: "text" | "json"): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-log-" });
  try {
    await using logging = await startLogging({ level: "info", format, file: `${folder}/log` });
    for (const category of ["nodepool.cloud", "nodepool.ssh", "nodepool.node"]) {
      logging.levels.set(category, { level: "trace" });
    }
    const config = poolConfig({ minReady: 1, provider: "boot-timeout: 60s" });
    await using virtual = await VirtualPool.start({ config, faults: [{ fault: 12, count: 1 }] });
    await virtual.until(() => virtual.count("ready") === 1);
    await virtual.until(() => virtual.pool.report().nodes.every(({ state }) => state.phase === "ready"));
    return Deno.readTextFileSync(`${folder}/log`).trim().split("\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const STAGES: readonly RegExp[] = [
  /to be launched/,
  /create server .*POST .*: 202 in .*req-/,
  /create -> boot/,
  /an SSH login at .*: failed/,
  /login -> delete-server .*/,
  /server [\w-]+ \(.*\) of node \d+ deleted/,
  /: gone \(failed\)/,
];

for (const format of ["text", "json"] as const) {
  Deno.test(`in a log of ${format}, the node's id finds each line of a failed launch from intent to deletion`, async () => {
    const log = await logOfFailure(format);
    const [first] = log.filter((line) => line.includes("to be launched"));
    const id = Number(first!.match(/node (\d+)/)![1]);
    const isOwn = (line: string) =>
      format === "text" ? new RegExp(`\\bnode ${id}\\b`).test(line) : JSON.parse(line).node === id;
    const own = log.filter(isOwn);
    let at = -1;
    for (const stage of STAGES) {
      at = own.findIndex((line, index) => index > at && stage.test(line));
      assert.ok(at >= 0, `${stage}\n${own.join("\n")}`);
    }
    const [, hostname] = own.join("\n").match(/create server ([\w.-]+)/)!;
    const server = own.join("\n").match(/server ([0-9a-f-]{36}) /)![1]!;
    const strays = log.filter((line) => !isOwn(line) && (line.includes(hostname!) || line.includes(server)));
    assert.deepEqual(strays, []);
  });
}
