/** The daemon under a service manager that wants to be told: the protocol of systemd on a real socket. */
import assert from "node:assert/strict";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

Deno.test("the service manager is told of readiness, reloads, life and the end, and how the pool stands", async () => {
  const folder = await Deno.makeTempDir({ prefix: "service manager " });
  const path = `${folder}/notify`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const told: string[] = [];
  const listening = (async () => {
    for await (const [bytes] of socket) told.push(new TextDecoder().decode(bytes));
  })();
  const has = (pattern: RegExp, after = 0) => told.slice(after).some((lines) => pattern.test(lines));
  {
    await using pool = await RunningPool.start({
      config: oneCloudConfig({ labels: { small: 1 }, maxServers: 4 }),
      clouds: [{ bootTime: 100, deleteTime: 50 }],
      env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: "2000000" },
    });
    pool.startDaemon();
    await pool.until(() => has(/^READY=1\nSTATUS=/));
    {
      await using client = await pool.connect();
      assert.notEqual(client, null, "it is ready only once commands reach it");
    }
    await pool.until(() => has(/^STATUS=1 node \(1 ready\)$/) && has(/^WATCHDOG=1$/));

    const before = told.length;
    Deno.kill(pool.pid, "SIGHUP");
    await pool.until(() => has(/^RELOADING=1\nMONOTONIC_USEC=\d+$/, before) && has(/^READY=1/, before));

    await Deno.writeTextFile(pool.configFile, "providers: 7\n");
    const broken = told.length;
    Deno.kill(pool.pid, "SIGHUP");
    await pool.until(() =>
      has(/^READY=1\nSTATUS=1 node \(1 ready\), \d+ problems?: configuration: /, broken)
    );

    Deno.kill(pool.pid, "SIGTERM");
    assert.equal(await pool.daemonsEnd(), 0);
    await pool.until(() => has(/^STOPPING=1$/));
  }
  socket.close();
  await listening;
  await Deno.remove(folder, { recursive: true });
});
