import assert from "node:assert/strict";
import { type CloudAccess, keystoneProxy } from "../../src/domain/cloud_access.ts";
import { parseConfig } from "../../src/config/parse_config.ts";
import { fakeEnvironment, faultsOf, parse } from "./fake_environment.ts";

const provider = "providers: [{name: p, cloud: a, max-servers: 1}]\nlabels: []\n";

const machine = (cloud: string) => ({ files: { "/etc/openstack/clouds.yaml": `clouds:\n  a: ${cloud}\n` } });

async function access(cloud: string): Promise<CloudAccess> {
  return (await parse(provider, machine(cloud))).config.providers[0]!.access;
}

async function fault(cloud: string): Promise<string> {
  const found = await faultsOf(provider, machine(cloud));
  assert.equal(found.length, 1, found.join("\n"));
  return found[0]!.replace(
    'nodepool.yaml:1:23: providers[0].cloud: cloud "a" (/etc/openstack/clouds.yaml): ',
    "",
  );
}

Deno.test("a cloud without domains means the default one, ids win over names", async () => {
  const { auth, scope } = await access(
    "{auth: {auth_url: http://k, username: u, password: p, project_id: i, project_name: n}}",
  );
  assert.deepEqual(auth, {
    method: "password",
    userId: null,
    username: "u",
    userDomain: { id: "default", name: null },
    password: "p",
  });
  assert.deepEqual(scope, { kind: "project", id: "i", name: null, domain: { id: "default", name: null } });
});

Deno.test("default domains are those that the cloud says", async () => {
  const named = await access(
    "{auth: {auth_url: http://k, username: u, password: p, project_name: n, default_domain_name: D}}",
  );
  assert.deepEqual(named.auth.method === "password" && named.auth.userDomain, { id: null, name: "D" });
  const own = await access(
    "{default_domain: d, auth: {auth_url: http://k, username: u, password: p, project_name: n}}",
  );
  assert.deepEqual(own.scope.kind === "project" && own.scope.domain, { id: "d", name: null });
});

Deno.test("an application credential needs no scope, a token keeps its own", async () => {
  const credential = await access(
    "{auth_type: v3applicationcredential, auth: {auth_url: http://k, application_credential_id: i, application_credential_secret: s}}",
  );
  assert.deepEqual(credential.scope, { kind: "none" });
  assert.equal(credential.auth.method === "application_credential" && credential.auth.secret, "s");
  const token = await access("{auth_type: token, auth: {auth_url: http://k, token: t, system_scope: all}}");
  assert.deepEqual([token.auth, token.scope], [{ method: "token", token: "t" }, { kind: "system" }]);
});

Deno.test("services' settings are found by their official types", async () => {
  const { endpointOverrides, apiVersions, serviceTypes } = await access(`
    auth: {auth_url: http://k, username: u, password: p, project_name: n}
    compute_api_version: 2.10
    volumev3_endpoint_override: http://v3
    volume_endpoint_override: http://v
    block_storage_endpoint_override: http://b
    image_endpoint: http://i
    load_balancer_service_type: lb`);
  assert.deepEqual(endpointOverrides, { "block-storage": "http://b", image: "http://i" });
  assert.equal(apiVersions.compute, "2.10");
  assert.deepEqual(serviceTypes, { "load-balancer": "lb" });
});

Deno.test("paths of certificates may begin with the home directory", async () => {
  const cloud = "{cacert: ~/ca.pem, auth: {auth_url: http://k, username: u, password: p, project_name: n}}";
  assert.equal((await access(cloud)).caCert, "/home/ci/ca.pem");
});

Deno.test("a provider's own region wins over the cloud's single one", async () => {
  const text = provider.replace("max-servers: 1", "max-servers: 1, region-name: two");
  const cloud = "{region_name: one, auth: {auth_url: http://k, username: u, password: p, project_name: n}}";
  assert.equal((await parse(text, machine(cloud))).config.providers[0]!.access.regionName, "two");
});

Deno.test("what is not supported says so by name", async () => {
  assert.match(
    await fault("{auth_type: v3totp, auth: {}}"),
    /^auth_type "v3totp" is not supported; supported: password, /,
  );
  assert.match(
    await fault("{auth_type: v2password, auth: {}}"),
    /^auth_type v2password uses Keystone v2, which is no longer supported; use password$/,
  );
  assert.match(await fault("{auth_type: none}"), /^auth_type "none" is not supported/);
  const trust = "{auth: {auth_url: http://k, username: u, password: p, trust_id: t}}";
  assert.equal(await fault(trust), "auth.trust_id: trusts are not supported");
  assert.match(await fault("{profile: vexxhost}"), /fetched from the web, which is not supported/);
});

Deno.test("what is missing or wrong in a cloud says so by name", async () => {
  assert.match(await fault("{auth: {username: u}}"), /^missing auth.auth_url/);
  assert.equal(await fault("{auth: {auth_url: http://k}}"), "missing auth.username");
  assert.equal(await fault("{auth: {auth_url: http://k, username: u}}"), "missing auth.password");
  assert.match(
    await fault("{auth: {auth_url: http://k, username: u, password: p}}"),
    /^missing auth.project_name/,
  );
  assert.match(
    await fault("{auth: {auth_url: http://k, usrname: u, password: p, project_name: n}}"),
    /^auth.usrname: not an option of password authentication; did you mean "username"\?$/,
  );
  assert.match(
    await fault("{auth: {auth_url: http://k, token: t, project_name: n}}"),
    /^auth.token: .*; set auth_type: token$/,
  );
  assert.match(
    await fault("{auth: {auth_url: ftp://k, username: u, password: p, project_name: n}}"),
    /^auth.auth_url is not an http/,
  );
  assert.match(
    await fault("{profile: ovhh}"),
    /^profile "ovhh" is unknown and not in clouds-public.yaml; did you mean "ovh"\?$/,
  );
  assert.match(
    await fault("{interface: secret, auth: {auth_url: http://k, username: u, password: p, project_name: n}}"),
    /^interface "secret" is unknown; it can be public, internal or admin$/,
  );
});

Deno.test("a cloud that lacks a setting names the one that is mistyped", async () => {
  assert.equal(
    await fault("{aut: {auth_url: http://k, username: u, password: p, project_name: n}}"),
    'missing auth.auth_url: give the address of its Keystone; aut is unknown and has no effect; did you mean "auth"?',
  );
});

Deno.test("settings without effect are told by name, mistyped ones as a warning", async () => {
  const cloud = "{auth: {auth_url: http://k, username: u, password: p, project_name: n}, regoin_name: x," +
    " secgroup_source: neutron, compute_default_microversion: '2.1', networks: [{name: n}], cache: {}}";
  const { warnings, notices } = await parse(provider, machine(cloud));
  assert.deepEqual(warnings.map(({ message }) => message), [
    "has no labels, so no nodes are ever launched",
    `cloud "a": regoin_name is unknown and has no effect; did you mean "region_name"?`,
    `cloud "a": compute_default_microversion is not supported and has no effect`,
  ]);
  assert.deepEqual(notices.map(({ message }) => message), [
    `cloud "a": no effect here: secgroup_source, cache`,
  ]);
});

Deno.test("where there is no clouds.yaml, the places that were searched are told", async () => {
  const parsing = parseConfig(provider, { file: "nodepool.yaml", environment: fakeEnvironment() });
  await assert.rejects(
    parsing,
    /no clouds.yaml found; .* \/work-dir\/clouds.yaml, \/home\/ci\/.config\/openstack\/clouds.yaml, .*\/etc\/openstack\/clouds.yaml; write one, or name it in OS_CLIENT_CONFIG_FILE$/,
  );
});

Deno.test("a clouds.yaml without anything in it is there, and has no clouds; a secure.yaml has no secrets", async () => {
  for (const text of ["", "\n", "# later\n", "---\r\n# later\r\n"]) {
    assert.deepEqual(await faultsOf(provider, { files: { "/etc/openstack/clouds.yaml": text } }), [
      'nodepool.yaml:1:23: providers[0].cloud: cloud "a" (/etc/openstack/clouds.yaml): no such cloud; none are defined',
    ]);
    const { files } = machine("{auth: {auth_url: http://k, username: u, password: p, project_name: n}}");
    await parse(provider, { files: { ...files, "/etc/openstack/secure.yaml": text } });
  }
});

Deno.test("a clouds.yaml that is no mapping is wrong, and not missing", async () => {
  for (const text of ["- a\n", "later\n", "~\n"]) {
    assert.deepEqual(await faultsOf(provider, { files: { "/etc/openstack/clouds.yaml": text } }), [
      "/etc/openstack/clouds.yaml: is not a mapping, such as one with the key clouds",
    ]);
  }
});

Deno.test("a clouds.yaml that may not be read is passed over, as openstacksdk does", async () => {
  const files = { "/work-dir/clouds.yaml": null };
  const text = provider.replace("cloud: a", "cloud: my-cloud");
  assert.equal((await parse(text, { files })).config.providers[0]!.access.name, "my-cloud");
});

Deno.test("a cloud is asked through the environment's proxies, or through its own in their place", async () => {
  const env = { https_proxy: "http://u:secret@proxy:3128", NO_PROXY: "k.lan" };
  const auth = "auth: {auth_url: https://k.example.org, username: u, password: p, project_name: n}";
  const proxied = async (cloud: string) =>
    (await parse(provider, { ...machine(cloud), env })).config.providers[0]!.access;
  const named = await proxied(`{${auth}}`);
  assert.deepEqual(named.proxy, {
    https: "http://u:secret@proxy:3128/",
    http: null,
    except: ["k.lan"],
  });
  assert.equal(keystoneProxy(named), "http://proxy:3128");
  assert.equal(keystoneProxy(await proxied(`{${auth.replace("k.example.org", "k.lan:5000")}}`)), null);
  const own = await proxied(`{${auth}, proxy: "other:8080"}`);
  assert.deepEqual(own.proxy, { https: "http://other:8080/", http: "http://other:8080/", except: [] });
  assert.match(
    await fault(`{${auth}, proxy: "socks5://x"}`),
    /^proxy is not an http:\/\/ or https:\/\/ address$/,
  );
});

Deno.test("a variable that names a proxy which cannot be used is a warning", async () => {
  const cloud = "{auth: {auth_url: http://k, username: u, password: p, project_name: n}}";
  const { warnings } = await parse(provider, { ...machine(cloud), env: { ALL_PROXY: "socks5h://x:1080" } });
  assert.ok(warnings.some(({ message }) => message.startsWith("ALL_PROXY cannot be used: ")));
});

Deno.test("an application credential without auth_type is told what to write, in auth and beside it", async () => {
  const credential = "application_credential_id: i, application_credential_secret: s";
  assert.equal(
    await fault(`{auth: {auth_url: http://k, ${credential}}}`),
    "auth.application_credential_id, auth.application_credential_secret: not an option of " +
      "password authentication; set auth_type: v3applicationcredential",
  );
  assert.equal(
    await fault(`{auth: {auth_url: http://k}, ${credential}}`),
    "application_credential_id, application_credential_secret: no effect; " +
      "set auth_type: v3applicationcredential",
  );
  assert.match(
    await fault(`{auth_type: token, auth: {auth_url: http://k, username: u, password: p, project_name: n}}`),
    /; set auth_type: password$/,
  );
});

Deno.test("verify can be the path of the authorities, a home directory in it, and texts go by their sense", async () => {
  const trust = async (settings: string, env = {}) => {
    const cloud = `{auth: {auth_url: http://k, username: u, password: p, project_name: n}, ${settings}}`;
    const { config } = await parse(provider, { ...machine(cloud), env });
    const { verify, caCert, caSetting } = config.providers[0]!.access;
    return caCert === null ? [verify, caCert] : [verify, caCert, caSetting];
  };
  assert.deepEqual(await trust("verify: /path/ca.pem"), [true, "/path/ca.pem", "verify"]);
  assert.deepEqual(await trust("verify: ~/ca.pem"), [true, "/home/ci/ca.pem", "verify"]);
  assert.deepEqual(await trust("verify: /path/ca.pem, cacert: /other.pem"), [true, "/other.pem", "cacert"]);
  assert.deepEqual(await trust("verify: /path/ca.pem, insecure: true"), [false, null]);
  for (const no of ["false", '"False"', '"no"', '"0"', "off"]) {
    assert.deepEqual(await trust(`verify: ${no}`), [false, null], no);
  }
  for (const yes of ["true", '"True"', '"yes"', '"1"']) {
    assert.deepEqual(await trust(`verify: ${yes}`), [true, null], yes);
  }
  const env = { REQUESTS_CA_BUNDLE: "/bundle.pem" };
  assert.deepEqual(await trust("verify: true", env), [true, "/bundle.pem", "REQUESTS_CA_BUNDLE"]);
  assert.deepEqual(await trust("cacert: /mine.pem", env), [true, "/mine.pem", "cacert"]);
  assert.deepEqual(await trust("verify: true", { REQUESTS_CA_BUNDLE: "", CURL_CA_BUNDLE: "/bundle.pem" }), [
    true,
    "/bundle.pem",
    "CURL_CA_BUNDLE",
  ]);
  assert.deepEqual(await trust("verify: false", env), [false, null]);
});

Deno.test("what cannot be honoured is said once, with the key's name", async () => {
  const cloud = "{auth: {auth_url: http://k, username: u, password: p, project_name: n}, api_timeout: 30," +
    " compute_default_microversion: '2.60', identity_min_version: 3, compute_connect_retries: 2," +
    " network_interface: internal, dns_region_name: x, timout: 3}";
  const { warnings, notices } = await parse(provider, machine(cloud));
  assert.deepEqual(warnings.slice(1).map(({ message }) => message), [
    `cloud "a": compute_default_microversion is not supported and has no effect`,
    `cloud "a": identity_min_version is not supported and has no effect`,
    `cloud "a": timout is unknown and has no effect`,
  ]);
  assert.deepEqual(notices.map(({ message }) => message), [
    `cloud "a": no effect here: api_timeout, compute_connect_retries`,
  ]);
});

Deno.test("a password that YAML reads as yes or no is refused, since it was meant as text", async () => {
  assert.equal(
    await fault("{auth: {auth_url: http://k, username: u, password: yes, project_name: n}}"),
    "auth.password is true, which is not text; put it in quotes",
  );
});
