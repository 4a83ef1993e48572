/** Ready scripts that make new host keys, as those do that begin with an image whose keys everybody has. */
import assert from "node:assert/strict";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

Deno.test("nodes whose ready script makes new host keys stay ready: checks know the new ones", async () => {
  await using virtual: VirtualPool = VirtualPool.idle({
    config: 'cron: {check: "*/15 * * * *"}\nscript-dir: /scripts\n' +
      poolConfig({ minReady: 2, label: "ready-script: prepare.sh" }),
    changeDeps: ({ shell, ...deps }) => ({
      ...deps,
      shell: {
        login: (target, options) => shell.login(target, options),
        async connect(target, options) {
          const session = await shell.connect(target, options);
          const run: typeof session.run = async (command, how) => {
            const result = await session.run(command, how);
            const node = virtual.pool.report().nodes.find(({ addresses }) =>
              addresses?.login === target.address
            );
            if (command.includes("./prepare.sh")) virtual.serverOf(node!).hostKeyEpoch++;
            return result;
          };
          const close = () => session[Symbol.asyncDispose]();
          const { hostKey } = session;
          return { hostKey, run, copyFolder: () => Promise.resolve(), [Symbol.asyncDispose]: close };
        },
      },
    }),
  });
  await virtual.startPool();
  await virtual.until(() => virtual.count("ready") === 2, 5 * MINUTE);
  await virtual.clock.advance(HOUR);
  assert.deepEqual(virtual.pool.report().nodes.map(({ id }) => id), [1, 2]);
});
