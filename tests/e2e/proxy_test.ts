/** The program in an environment that names a proxy. */
import assert from "node:assert/strict";
import { serveProxy } from "../http/served_proxy.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

Deno.test("a daemon asks its cloud through the proxy of its environment, and shows it without the password", async () => {
  await using proxy = await serveProxy({ account: "ci:s3cret" });
  const config = oneCloudConfig({ labels: { small: 1 }, maxServers: 1 });
  await using pool = await RunningPool.start({ config, env: { HTTP_PROXY: proxy.url } });
  pool.startDaemon();
  await pool.until(() => pool.simulator.journal.countOf("server.create") === 1);
  assert.ok(proxy.seen.some((line) => line.endsWith("/identity/v3/auth/tokens")), proxy.seen.join("\n"));
  const { stdout } = await pool.run("provider-list", "-o", "wide");
  assert.match(stdout, /Proxy/);
  assert.ok(stdout.includes(proxy.host) && !stdout.includes("s3cret"), stdout);
});
