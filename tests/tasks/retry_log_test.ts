/** What is tried again until it works is logged when it begins to fail, and when it works. Virtual time. */
import assert from "node:assert/strict";
import { HOUR } from "../../src/domain/time.ts";
import type { Target } from "../../src/targets/target.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { imageConfig, readyImages } from "../scenarios/image_pool.ts";
import { poolConfig, VirtualPool } from "../scenarios/virtual_pool.ts";

/** The lines about attempts, as they are logged while it runs. */
async function linesOf(run: () => Promise<unknown>): Promise<readonly string[]> {
  const records = await loggedLines(run);
  const lines = records.map(({ level, message }) => `${level} ${message.join("")}`);
  return lines.filter((line) => /: (cannot|can) /.test(line));
}

for (const fault of [1, 7]) {
  Deno.test(`images that a cloud does not create (fault ${fault}) are one line of the log, and so is the first that it does`, async () => {
    const faults = [{ fault, operation: "image.create", count: 6 }];
    const config = imageConfig({ built: ["noble", "trixie"] });
    const lines = await linesOf(async () => {
      await using virtual = await VirtualPool.start({ config, faults });
      const isReady = (name: string) => readyImages(virtual, "simulator", name).length === 1;
      await virtual.until(() => isReady("noble") && isReady("trixie"), HOUR);
    });
    assert.equal(lines.length, 2, lines.join("\n"));
    assert.match(
      lines[0]!,
      /^warning provider simulator: cannot create images; trying again: .*create image/,
    );
    assert.equal(lines[1], "info provider simulator: can create images again");
  });
}

Deno.test("a Jenkins that creates no agents is one line of the log for all nodes, and so is the first agent", async () => {
  let refusals = 12;
  const target: Target = {
    observe: () => Promise.resolve({ online: true }),
    createAgent: () =>
      refusals-- > 0
        ? Promise.reject(new Error("create agent: jenkins lacks the right Agent/Create"))
        : Promise.resolve("created"),
    relabelAgent: () => Promise.resolve(),
    isIdle: () => Promise.resolve(true),
    deleteAgent: () => Promise.resolve("deleted"),
    startJob: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const jenkins = "targets:\n  - {name: ci, jenkins: {url: http://ci/, user: u, apikey: k}}\n";
  const lines = await linesOf(async () => {
    await using virtual = await VirtualPool.start({
      config: poolConfig({ minReady: 4 }) + jenkins,
      openTarget: () => target,
    });
    await virtual.until(() => virtual.count("ready") === 4, HOUR);
  });
  assert.deepEqual(lines, [
    "warning target ci: cannot take nodes; trying again: create agent: jenkins lacks the right Agent/Create",
    "info target ci: can take nodes again",
  ]);
});

Deno.test("files of builds that cannot be removed are one line of the log, and so is their end", async () => {
  const lines = await linesOf(async () => {
    await using virtual = await VirtualPool.start({ config: imageConfig() });
    await virtual.until(() => readyImages(virtual).length === 1, HOUR);
    let failures = 3;
    const remove = virtual.builder.remove.bind(virtual.builder);
    virtual.builder.remove = (path) =>
      failures-- > 0 ? Promise.reject(new Error("Read-only file system")) : remove(path);
    await virtual.during(virtual.ask("dib-image-delete", { ids: [1], comment: "" }));
    await virtual.until(() => virtual.builder.files.size === 0, HOUR);
  });
  assert.deepEqual(lines, [
    "warning image noble: cannot remove files of builds; trying again: Read-only file system",
    "info image noble: can remove files of builds again",
  ]);
});
