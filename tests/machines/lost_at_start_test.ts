/** A daemon loses etcd between the moment when it leads and that when its pool runs: it goes on as a standby. Real processes. */
import assert from "node:assert/strict";
import { oneCloudConfig } from "../e2e/one_cloud_config.ts";
import { RunningPool } from "../e2e/running_pool.ts";
import { testNeeding } from "../needs.ts";
import { EtcdCluster, etcdNeeds } from "./etcd_cluster.ts";

const LEADERSHIP_LOST = 75;

const config = oneCloudConfig({ labels: { small: 1 }, maxServers: 2 });

/** A way to the gateway of a member that breaks, for good, after so many requests of the one who has come to lead. */
function breakingWay(member: string, allowed: number) {
  let left = Infinity;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (left <= 0) return new Response("gone", { status: 503 });
    const { pathname } = new URL(request.url);
    const body = await request.text();
    const response = await fetch(`${member}${pathname}`, { method: "POST", body });
    const answer = await response.text();
    // Its lease is renewed once the key of the leader is there, and then it reads its state.
    if (pathname === "/v3/lease/keepalive" && left === Infinity) left = allowed + 1;
    left--;
    return new Response(answer, { status: response.status, headers: response.headers });
  });
  return { server, url: `http://127.0.0.1:${server.addr.port}` };
}

testNeeding(etcdNeeds, "a leader that loses etcd before its pool runs is a standby again", async (t) => {
  await using cluster = await EtcdCluster.start({ size: 1, tls: false, users: false, isDirect: true });
  for (
    const [when, allowed] of [["it opens its state", 0], ["it writes there", 3], ["it loads it", 12]] as const
  ) {
    await t.step(`when ${when}`, async () => {
      const { server, url } = breakingWay(cluster.endpoints[0]!, allowed);
      await using _way = { [Symbol.asyncDispose]: () => server.shutdown() };
      await using pool = await RunningPool.start({
        config: config.replace(
          "state: FOLDER/nodepool.kv",
          `state: etcd:${url}/ci\netcd: {control: "127.0.0.1:0"}`,
        ),
        env: { XDG_RUNTIME_DIR: "FOLDER" },
        socket: "FOLDER/nodepool-ci.sock",
      });
      pool.startDaemon("--no-builder");
      const code = await pool.daemonsEnd();
      const log = await pool.log();
      assert.equal(code, LEADERSHIP_LOST, log);
      const { level, message } = (await pool.logLines()).at(-1)!;
      assert.equal(level, "error");
      assert.match(
        message,
        /^this daemon no longer leads the pool: .*; it exits, to be started again as a standby$/,
      );
    });
  }
});
