/** From nothing to a first node on a real OpenStack: `init` writes the configuration, and nobody another file. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { AcquiredNodesView } from "../../src/views/acquired_nodes.ts";
import type { OnlineCheckListView } from "../../src/views/online_check_list.ts";
import { scenario } from "./devcloud.ts";

/** From the first command to a login. */
const PROMISED = 3 * MINUTE;

scenario(
  "init, config-validate --online, daemon and acquire lead from nothing to a node within three minutes",
  async (devcloud, pool) => {
    pool.env.OS_CLIENT_CONFIG_FILE = devcloud.cloudsFile;
    const start = systemClock.monotonic();
    const said = await pool.initialize("--cloud", "devcloud", "--keypair", "new");
    const [, keypair] = said.match(/^gave its public half to devcloud as the keypair (\S+)$/m)!;
    try {
      const view: OnlineCheckListView = JSON.parse(
        await pool.succeed("config-validate", "--online", "-o", "json"),
      );
      assert.equal(view.failures, 0, JSON.stringify(view.checks));
      await pool.startDaemon();
      const wait = `${PROMISED / SECOND}s`;
      const taken: AcquiredNodesView = JSON.parse(
        await pool.succeed("acquire", "debian-12", "--wait", wait, "-o", "json"),
      );
      const id = String(taken.nodes[0]!.id);
      assert.equal((await pool.succeed("ssh", id, "--in-use", "id -un")).trim(), "debian");
      const took = systemClock.monotonic() - start;
      assert.ok(took < PROMISED, `it took ${took / SECOND} s`);

      await pool.succeed("release", id);
      await pool.drain();
      assert.deepEqual(await devcloud.leftovers(), []);
    } finally {
      await devcloud.openstack("keypair", "delete", keypair!);
    }
  },
);
