/** `config-validate --online` as a process of its own, against a simulator over HTTP and behind TLS. */
import assert from "node:assert/strict";
import type { OnlineCheck } from "../../src/domain/online_check.ts";
import { SELF_SIGNED } from "../http/self_signed.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

const config = oneCloudConfig({ labels: { small: 1 }, maxServers: 2 });

/** What it finds, as its JSON says. */
async function check(pool: RunningPool): Promise<{ code: number; checks: readonly OnlineCheck[] }> {
  const { code, stdout } = await pool.run("config-validate", "--online", "-o", "json");
  return { code, checks: JSON.parse(stdout).checks };
}

function find(checks: readonly OnlineCheck[], name: OnlineCheck["check"]): string {
  const found = checks.filter(({ check }) => check === name);
  return found.map(({ subject, result, message }) => `${result} ${subject ?? ""}: ${message}`).join("\n");
}

/** Passes on to the simulator what reaches it over TLS. */
function serveTls({ baseUrl }: RunningPool) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, ...SELF_SIGNED },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      const body = method === "POST" ? await request.text() : undefined;
      return await fetch(`${baseUrl}${pathname}${search}`, { method, headers, body });
    },
  );
  const host = `127.0.0.1:${(server.addr as Deno.NetAddr).port}`;
  return { host, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("config-validate --online exits 0 where all is well, also while the daemon runs, and 1 where it is not", async () => {
  await using pool = await RunningPool.start({ config });
  const { code, checks } = await check(pool);
  assert.deepEqual([code, checks.filter(({ result }) => result !== "ok")], [0, []]);
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 1);
  assert.equal((await check(pool)).code, 0);
  await pool.configure(config.replace("min-ram: 512", "flavor-name: m1.smal"));
  const broken = await check(pool);
  assert.equal(broken.code, 1);
  assert.equal(
    find(broken.checks, "flavor"),
    "failure debian: no flavor named m1.smal; did you mean m1.small?",
  );
});

Deno.test("config-validate --online says what is wrong with a certificate, and until when a good one is good", async () => {
  await using pool = await RunningPool.start({ config });
  await using tls = serveTls(pool);
  const overTls = pool.cloudsYaml().replace(pool.baseUrl, `https://${tls.host}`);
  await pool.writeClouds(overTls);
  const untrusted = await check(pool);
  assert.equal(untrusted.code, 1);
  assert.match(
    find(untrusted.checks, "login"),
    /^failure : .*its certificate is self-signed; set cacert or verify: false/,
  );

  await Deno.writeTextFile(`${pool.folder}/ca.pem`, SELF_SIGNED.cert);
  await pool.writeClouds(overTls.replace("auth_type:", `cacert: "${pool.folder}/ca.pem"\n    auth_type:`));
  const trusted = await check(pool);
  assert.equal(find(trusted.checks, "certificate"), `ok ${tls.host}: valid until 2126-10-29`);

  await pool.writeClouds(overTls.replace("auth_type:", "verify: false\n    auth_type:"));
  const unchecked = await check(pool);
  assert.equal(
    find(unchecked.checks, "certificate"),
    `warning ${tls.host}: not verified, since verify is false; it expires on 2126-10-29`,
  );
});
