import assert from "node:assert/strict";
import type { TargetConfig } from "../src/domain/config.ts";
import { openTarget } from "../src/open_target.ts";
import { SELF_SIGNED } from "./http/self_signed.ts";
import { serveProxy } from "./http/served_proxy.ts";
import { JenkinsDouble, PASSWORD, USER } from "./targets/jenkins_double.ts";
import { NODE_12, refusalOf } from "./targets/jenkins_setup.ts";
import { serveJenkins } from "./targets/served_jenkins.ts";
import { withVariables } from "./with_variables.ts";

const { signal } = new AbortController();

function targetConfig(url: string | null): TargetConfig {
  return {
    name: "ci",
    hostname: "{label.name}-{provider.name}-{node_id}",
    subnodeHostname: "{label.name}-{provider.name}-{node_id}-{subnode_id}",
    rate: 0,
    assignViaGearman: false,
    jenkins: { url, user: USER, apiKey: PASSWORD, credentialsId: "jenkins-key", testJob: "test" },
  };
}

Deno.test("openTarget() takes a node through its whole life over the network", async () => {
  const jenkins = new JenkinsDouble({ path: "/jenkins", jobs: { test: "parameters" } });
  await using served = await serveJenkins(jenkins);
  await using target = openTarget(targetConfig(`${served.url}/jenkins/`))!;
  assert.deepEqual(await target.observe({ signal }), { online: true });
  assert.equal(await target.createAgent({ ...NODE_12, label: null }, { signal }), "created");
  assert.equal(await target.createAgent(NODE_12, { signal }), "exists");
  await target.startJob("test", { parameters: { NODE: NODE_12.name }, signal });
  assert.equal(jenkins.queue.length, 1);
  jenkins.endSessions();
  await target.relabelAgent(NODE_12.name, { label: "trüsty <&>", signal });
  assert.match(jenkins.agents.get(NODE_12.name)!.xml, /<label>trüsty &lt;&amp;&gt;<\/label>/);
  assert.equal(jenkins.agents.size, 1);
  assert.equal(await target.deleteAgent(NODE_12.name, { signal }), "deleted");
  assert.equal(await target.deleteAgent(NODE_12.name, { signal }), "gone");
});

Deno.test("openTarget(): a connection that breaks after the effect is told as such", async () => {
  const jenkins = new JenkinsDouble();
  await using served = await serveJenkins(jenkins);
  await using target = openTarget(targetConfig(served.url))!;
  jenkins.failNext({ path: /doCreateItem/, breakage: "reset", after: true });
  const error = await refusalOf(target.createAgent(NODE_12, { signal }));
  assert.equal(error.kind, "unavailable");
  assert.match(
    error.message,
    /the connection broke before the response was complete \(url http:\/\/127\.0\.0\.1:\d+\)$/,
  );
  assert.equal(jenkins.agents.size, 1);
});

Deno.test("openTarget(): where nothing listens, the target is offline and nothing was done", async () => {
  const { url } = await (async () => {
    await using served = await serveJenkins(new JenkinsDouble());
    return served;
  })();
  await using target = openTarget(targetConfig(url))!;
  const state = await target.observe({ signal });
  assert.match(
    state.online ? "" : state.reason,
    /^127\.0\.0\.1:\d+: connection refused; nothing listens there \(url /,
  );
  assert.equal((await refusalOf(target.createAgent(NODE_12, { signal }))).kind, "unavailable");
});

Deno.test("openTarget(): a certificate that nobody vouches for comes with advice that fits a Jenkins", async () => {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {}, ...SELF_SIGNED };
  await using server = Deno.serve(options, () => new Response("never"));
  await using target = openTarget(targetConfig(`https://127.0.0.1:${(server.addr as Deno.NetAddr).port}`))!;
  const state = await target.observe({ signal });
  assert.match(state.online ? "" : state.reason, /its certificate is self-signed; .*NODE_EXTRA_CA_CERTS/);
});

Deno.test("openTarget() opens nothing where the target has no Jenkins", () => {
  assert.equal(openTarget(targetConfig(null)), null);
  assert.equal(openTarget({ ...targetConfig(null), jenkins: null }), null);
});

Deno.test("openTarget(): Jenkins is asked through the proxy that the environment names", async () => {
  await using served = await serveJenkins(new JenkinsDouble());
  await using proxy = await serveProxy();
  using _ = withVariables({ http_proxy: proxy.url, no_proxy: "" });
  await using target = openTarget(targetConfig(served.url))!;
  assert.deepEqual(await target.observe({ signal }), { online: true });
  assert.match(proxy.seen[0]!, /^GET http:\/\/127\.0\.0\.1:\d+\//);
});
