/** What comes to the daemon's doors: connections that want nothing, files where its own should be. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

const QUICK = { bootTime: 100, deleteTime: 50 };

async function siteAddress(pool: RunningPool): Promise<Deno.ConnectOptions> {
  await pool.until(async () => (await pool.logLines()).some(({ url }) => typeof url === "string"));
  const answer = await pool.fetch("/healthz");
  await answer.text();
  const { hostname, port } = new URL(answer.url);
  return { hostname, port: Number(port) };
}

Deno.test("idle connections take neither the daemon's life nor its descriptors", async () => {
  await using pool = await RunningPool.start({
    config: oneCloudConfig({ labels: { small: 2 }, maxServers: 6 }),
    clouds: [QUICK],
    descriptors: 64,
  });
  pool.startDaemon();
  const address = await siteAddress(pool);
  using idle = new DisposableStack();
  for (let number = 0; number < 100; number++) {
    idle.adopt(await Deno.connect(address), (conn) => conn.close());
    const path = `${pool.state}.sock`;
    idle.adopt(await Deno.connect({ transport: "unix", path }), (conn) => conn.close());
  }
  await systemClock.sleep(500);
  assert.equal(await (await pool.fetch("/healthz")).text(), '{"status":"ok"}');
  assert.equal((await pool.run("status")).code, 0);
  await pool.until(async () => await pool.count("ready") === 2);
  assert.equal((await pool.run("acquire", "small")).code, 0);
  await pool.until(async () => await pool.count("ready") === 2);
  assert.equal(await pool.stopDaemon(), 0);
});

Deno.test("commands find the daemon again after its socket was removed", async () => {
  await using pool = await RunningPool.start({ config: oneCloudConfig({ labels: {}, maxServers: 1 }) });
  pool.startDaemon();
  await siteAddress(pool);
  await Deno.remove(`${pool.state}.sock`);
  const [list, inventory] = await Promise.all([pool.run("list"), pool.run("image-list")]);
  assert.deepEqual([list.code, inventory.code], [0, 0], list.stderr + inventory.stderr);
  assert.equal(await pool.stopDaemon(), 0);
});

Deno.test("a second daemon leaves the first alone also where the lock of its state was removed", async () => {
  await using pool = await RunningPool.start({
    config: oneCloudConfig({ labels: { small: 1 }, maxServers: 1 }),
    clouds: [QUICK],
  });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 1);
  await Deno.remove(`${pool.state}.lock`);
  const second = await pool.run("daemon");
  assert.equal(second.code, 3);
  assert.match(second.stderr, /another daemon listens on .+, whose lock .+ was removed: stop it first/);
  assert.equal((await pool.run("acquire", "small")).code, 0);
  assert.equal(await pool.stopDaemon(), 0);
});

Deno.test("the status endpoint on loopback answers to this machine's names only", async () => {
  await using pool = await RunningPool.start({ config: oneCloudConfig({ labels: {}, maxServers: 1 }) });
  pool.startDaemon();
  const { port } = await siteAddress(pool) as Deno.ConnectOptions;
  const ask = async (host: string) => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(
      new TextEncoder().encode(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    return await new Response(conn.readable).text();
  };
  for (
    const host of ["localhost", `localhost:${port}`, "LOCALHOST", "127.0.0.1", "127.1.2.3:80", "[::1]:9"]
  ) {
    assert.match(await ask(host), /^HTTP\/1\.1 200 /, host);
  }
  for (
    const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "[::2]"]
  ) {
    const answer = await ask(host);
    assert.match(answer, /^HTTP\/1\.1 421 /, host);
    assert.match(
      answer,
      /this endpoint serves this machine only: use localhost or 127\.0\.0\.1, not /,
      host,
    );
  }
});
