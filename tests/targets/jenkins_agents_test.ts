import assert from "node:assert/strict";
import { API_TOKEN, type JenkinsDouble, PASSWORD } from "./jenkins_double.ts";
import { HOST_KEY, NODE_12, refusalOf, setUp } from "./jenkins_setup.ts";

const { signal } = new AbortController();
const CREATE = { path: /doCreateItem/ };

Deno.test("createAgent() makes an agent that Jenkins logs in to with the host key that the node showed", async () => {
  const { target, jenkins } = setUp({ options: { credentialsId: "jenkins-key" } });
  assert.equal(await target.createAgent(NODE_12, { signal }), "created");
  assert.equal(
    jenkins.agents.get(NODE_12.name)?.xml,
    `<?xml version="1.1" encoding="UTF-8"?>
<slave>
  <name>trusty-cloud-a-12</name>
  <description>Dynamic single use trusty node</description>
  <remoteFS>/home/jenkins</remoteFS>
  <numExecutors>1</numExecutors>
  <mode>EXCLUSIVE</mode>
  <retentionStrategy class="hudson.slaves.RetentionStrategy$Always"/>
  <launcher class="hudson.plugins.sshslaves.SSHLauncher" plugin="ssh-slaves@2.973.v0fa_8c0dea_f9f">
    <host>203.0.113.12</host>
    <port>22</port>
    <credentialsId>jenkins-key</credentialsId>
    <launchTimeoutSeconds>60</launchTimeoutSeconds>
    <maxNumRetries>10</maxNumRetries>
    <retryWaitTime>15</retryWaitTime>
    <sshHostKeyVerificationStrategy class="hudson.plugins.sshslaves.verifiers.ManuallyProvidedKeyVerificationStrategy">
      <key>
        <algorithm>ssh-ed25519</algorithm>
        <key>${HOST_KEY.split(" ")[1]}</key>
      </key>
    </sshHostKeyVerificationStrategy>
    <tcpNoDelay>true</tcpNoDelay>
  </launcher>
  <label>trusty</label>
  <nodeProperties/>
</slave>`,
  );
});

Deno.test("createAgent() names user and key file where there are no credentials", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent(NODE_12, { signal });
  const { xml } = jenkins.agents.get(NODE_12.name)!;
  assert.match(
    xml,
    /<username>jenkins<\/username>\s*<privatekey>\/var\/lib\/jenkins\/\.ssh\/id_rsa<\/privatekey>/,
  );
  assert.doesNotMatch(xml, /credentialsId/);
});

for (
  const [title, hostKeys, expected] of [
    ["no host key", [], "NonVerifyingKeyVerificationStrategy"],
    ["a host key of a kind that Jenkins does not know", ["sk-ssh-ed25519@openssh.com AAAA"], "NonVerifying"],
    [
      "a comparable host key after another",
      ["sk-ssh-ed25519@openssh.com AAAA", HOST_KEY],
      "ManuallyProvided",
    ],
  ] as const
) {
  Deno.test(`createAgent() with ${title} uses ${expected}`, async () => {
    const { target, jenkins } = setUp();
    await target.createAgent({ ...NODE_12, hostKeys }, { signal });
    assert.match(jenkins.agents.get(NODE_12.name)!.xml, new RegExp(`verifiers\\.${expected}`));
  });
}

Deno.test("createAgent() without a label gives none, and keeps every character of a text", async () => {
  const { target, jenkins } = setUp();
  const description = `ä & "b" <c> 'd' +%&= \u{1f980}`;
  await target.createAgent({ ...NODE_12, label: null, description }, { signal });
  const { xml } = jenkins.agents.get(NODE_12.name)!;
  assert.match(xml, /<label><\/label>/);
  assert.ok(
    xml.includes(
      "<description>ä &amp; &quot;b&quot; &lt;c&gt; &#039;d&#039; +%&amp;= \u{1f980}</description>",
    ),
  );
});

Deno.test("createAgent() of a name that is taken says so and changes nothing", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent(NODE_12, { signal });
  const { xml } = jenkins.agents.get(NODE_12.name)!;
  assert.equal(await target.createAgent({ ...NODE_12, host: "203.0.113.99" }, { signal }), "exists");
  assert.equal(jenkins.agents.get(NODE_12.name)!.xml, xml);
});

Deno.test("createAgent() takes an agent of another label or host key for another's", async () => {
  const { target } = setUp();
  await target.createAgent(NODE_12, { signal });
  const key = `ssh-ed25519 ${HOST_KEY.slice(-60)}`;
  for (const change of [{ label: null }, { hostKeys: [key] }, { port: 2222 }]) {
    assert.equal(await target.createAgent({ ...NODE_12, ...change }, { signal }), "exists");
  }
  assert.equal(await target.createAgent(NODE_12, { signal }), "created");
});

Deno.test("createAgent() of a name that Jenkins does not take gives Jenkins' reason", async () => {
  const { target } = setUp();
  const error = await refusalOf(target.createAgent({ ...NODE_12, name: "a:b" }, { signal }));
  assert.equal(error.kind, "badRequest");
  assert.equal(error.message, "create agent a:b on target ci: ‘:’ is an unsafe character (HTTP 400)");
});

Deno.test("an agent whose creation was not answered is found created at the next attempt, and keeps its job", async () => {
  const { target, jenkins } = setUp();
  jenkins.failNext({ ...CREATE, breakage: "reset", after: true });
  const error = await refusalOf(target.createAgent(NODE_12, { signal }));
  assert.deepEqual([error.kind, error.status], ["unavailable", null]);
  assert.match(error.message, /^create agent trusty-cloud-a-12 on target ci: .*the connection broke/);
  assert.equal(jenkins.calls.filter((call) => call.includes("doCreateItem")).length, 1);
  assert.equal(await target.createAgent(NODE_12, { signal }), "created");
});

for (
  const [title, fault, expected] of [
    ["a connection that broke before", { breakage: "reset" }, "unavailable"],
    ["a refused connection", { breakage: "refused" }, "unavailable"],
    ["503", { answer: new Response("busy", { status: 503 }) }, "unavailable"],
    ["429", { answer: new Response("", { status: 429 }) }, "unavailable"],
    ["a page instead of a redirect", { answer: new Response("<html>Welcome") }, "badResponse"],
    [
      "a permanent redirect",
      {
        answer: new Response(null, {
          status: 301,
          headers: { location: "https://jenkins/computer/doCreateItem" },
        }),
      },
      "badResponse",
    ],
  ] as const
) {
  Deno.test(`createAgent() answered with ${title} is ${expected}, and no agent is made twice`, async () => {
    const { target, jenkins } = setUp();
    jenkins.failNext({ ...CREATE, ...fault });
    const error = await refusalOf(target.createAgent(NODE_12, { signal }));
    assert.equal(error.kind, expected);
    assert.equal(jenkins.calls.filter((call) => call.includes("doCreateItem")).length, 1);
  });
}

Deno.test("createAgent() led to a login page is refused, without the page's query", async () => {
  const { target, jenkins } = setUp();
  const location = "https://sso.example.org/login?from=%2Fcomputer&state=s3cret";
  jenkins.failNext({ ...CREATE, answer: new Response(null, { status: 302, headers: { location } }) });
  const error = await refusalOf(target.createAgent(NODE_12, { signal }));
  assert.equal(error.kind, "badResponse");
  assert.equal(
    error.problem,
    "answered with https://sso.example.org/login (HTTP 302); check url, user and apikey",
  );
});

Deno.test("createAgent() understands a redirect that names no host", async () => {
  const { target, jenkins } = setUp();
  jenkins.failNext({ ...CREATE, answer: new Response(null, { status: 302, headers: { location: "." } }) });
  assert.equal(await target.createAgent(NODE_12, { signal }), "created");
});

Deno.test("a request without an answer ends after the timeout", async () => {
  const { target, jenkins, clock } = setUp({ options: { timeout: 10_000 } });
  jenkins.failNext({ ...CREATE, breakage: "silence", after: true });
  const refused = refusalOf(target.createAgent(NODE_12, { signal }));
  await clock.advance(9_999);
  assert.equal(clock.sleeping, 1);
  await clock.advance(1);
  const error = await refused;
  assert.equal(error.kind, "timeout");
  assert.equal(
    error.message,
    "create agent trusty-cloud-a-12 on target ci: no response within 10 s (url http://jenkins.example.org)",
  );
});

Deno.test("an exception in Jenkins names no stack trace and says where to look", async () => {
  const { target, jenkins } = setUp();
  jenkins.failNext({
    ...CREATE,
    answer: new Response("<h1>Oops</h1><pre>java.lang.X\n\tat y</pre>", { status: 500 }),
  });
  const error = await refusalOf(target.createAgent(NODE_12, { signal }));
  assert.equal(error.problem, "Oops (HTTP 500); see the log of Jenkins");
});

Deno.test("relabelAgent() changes the label and nothing else", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent({ ...NODE_12, label: null }, { signal });
  const before = jenkins.agents.get(NODE_12.name)!.xml;
  await target.relabelAgent(NODE_12.name, { label: "trusty & co", signal });
  const { xml } = jenkins.agents.get(NODE_12.name)!;
  assert.equal(xml, before.replace("<label></label>", "<label>trusty &amp; co</label>"));
  await target.relabelAgent(NODE_12.name, { label: "xenial", signal });
  const again = jenkins.agents.get(NODE_12.name)!.xml;
  assert.equal(again, before.replace("<label></label>", "<label>xenial</label>"));
});

Deno.test("relabelAgent() sends nothing where the label is right already", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent(NODE_12, { signal });
  const sent = jenkins.requests.length;
  await target.relabelAgent(NODE_12.name, { label: "trusty", signal });
  assert.deepEqual(jenkins.calls.slice(sent), ["GET /computer/trusty-cloud-a-12/config.xml"]);
});

Deno.test("relabelAgent() whose answer is lost may be repeated", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent(NODE_12, { signal });
  jenkins.failNext({ path: /config\.xml/, method: "POST", breakage: "reset", after: true });
  await refusalOf(target.relabelAgent(NODE_12.name, { label: "xenial", signal }));
  const sent = jenkins.requests.length;
  await target.relabelAgent(NODE_12.name, { label: "xenial", signal });
  assert.equal(jenkins.calls.slice(sent).some((call) => call.startsWith("POST")), false, "it has it already");
});

for (
  const [title, body] of [
    ["a page", new TextEncoder().encode("<html><body>Sign in</body></html>")],
    ["what was cut off", new TextEncoder().encode("<slave><name>a</name><label>")],
    ["bytes that are no UTF-8", new Uint8Array([0x3c, 0x61, 0xff, 0x3e])],
  ] as const
) {
  Deno.test(`relabelAgent() given ${title} instead of a configuration writes nothing back`, async () => {
    const { target, jenkins } = setUp();
    await target.createAgent(NODE_12, { signal });
    jenkins.failNext({ path: /config\.xml/, answer: new Response(body) });
    const error = await refusalOf(target.relabelAgent(NODE_12.name, { label: "xenial", signal }));
    assert.equal(error.kind, "badResponse");
    assert.match(
      error.message,
      /^relabel agent trusty-cloud-a-12 on target ci: its config\.xml is not valid XML/,
    );
    assert.match(jenkins.calls.at(-1)!, /^GET/);
  });
}

Deno.test("relabelAgent() of an agent that is not there is refused", async () => {
  const { target } = setUp();
  const error = await refusalOf(target.relabelAgent("gone", { label: "trusty", signal }));
  assert.equal(error.kind, "notFound");
  assert.equal(error.message, "relabel agent gone on target ci: there is no agent gone (HTTP 404)");
});

Deno.test("isIdle() says whether no job runs on an agent; one that is not there runs none", async () => {
  const { target, jenkins } = setUp();
  assert.equal(await target.isIdle(NODE_12.name, { signal }), true);
  await target.createAgent(NODE_12, { signal });
  assert.equal(await target.isIdle(NODE_12.name, { signal }), true);
  jenkins.busy.add(NODE_12.name);
  assert.equal(await target.isIdle(NODE_12.name, { signal }), false);
  jenkins.failNext({ path: /api\/json/, answer: new Response("{}") });
  const error = await refusalOf(target.isIdle(NODE_12.name, { signal }));
  assert.equal(error.kind, "badResponse");
  assert.match(
    error.message,
    /^look for a job on agent trusty-cloud-a-12 on target ci: .*computer.*; check url$/,
  );
});

/** The agent as it is under another name: copied in Jenkins, or renamed. */
function copyAgent(jenkins: JenkinsDouble, name: string): void {
  jenkins.agents.set(name, { ...jenkins.agents.get(NODE_12.name)!, name });
}

Deno.test("isIdle() sees a job on an agent that somebody renamed or copied, and reads no agent twice", async () => {
  const { target, jenkins } = setUp();
  const { host } = NODE_12;
  await target.createAgent(NODE_12, { signal });
  await target.createAgent({ ...NODE_12, name: "other", host: "203.0.113.99" }, { signal });
  copyAgent(jenkins, "copy of 12");
  for (const name of ["other", "Built-In Node"]) jenkins.busy.add(name);
  assert.equal(await target.isIdle(NODE_12.name, { host, signal }), true);
  jenkins.busy.add("copy of 12");
  jenkins.requests.length = 0;
  assert.equal(await target.isIdle(NODE_12.name, { host, signal }), false, "copied");
  jenkins.agents.delete(NODE_12.name);
  assert.equal(await target.isIdle(NODE_12.name, { host, signal }), false, "renamed");
  const list = "GET /computer/api/json?tree=computer[displayName,idle]";
  assert.deepEqual(jenkins.calls, [list, "GET /computer/copy%20of%2012/config.xml", list]);
  jenkins.busy.delete("copy of 12");
  assert.equal(await target.isIdle(NODE_12.name, { host, signal }), true);
});

Deno.test("isIdle() sees a job that goes on on an agent that somebody removed, as Jenkins lists it until its end", async () => {
  const { target, jenkins } = setUp();
  jenkins.busy.add(NODE_12.name);
  assert.equal(await target.isIdle(NODE_12.name, { signal }), false);
});

Deno.test("isIdle() takes a proxy's 404 for no answer: nothing is known of the agent's job", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent(NODE_12, { signal });
  jenkins.busy.add(NODE_12.name);
  jenkins.failNext({ path: /computer/, answer: new Response("404 page not found", { status: 404 }) });
  const { kind, problem } = await refusalOf(target.isIdle(NODE_12.name, { signal }));
  assert.deepEqual([kind, problem], ["notFound", "no Jenkins found; check url (HTTP 404)"]);
});

Deno.test("an agent of that name that leads to another server is neither relabelled nor removed", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent(NODE_12, { signal });
  const host = "203.0.113.99";
  const error = await refusalOf(target.relabelAgent(NODE_12.name, { label: "", host, signal }));
  assert.deepEqual([error.kind, error.problem], [
    "notFound",
    "agent trusty-cloud-a-12 leads to another server",
  ]);
  assert.equal(await target.deleteAgent(NODE_12.name, { host, signal }), "other");
  assert.match(jenkins.agents.get(NODE_12.name)!.xml, /<label>trusty<\/label>/);
  assert.equal(await target.deleteAgent(NODE_12.name, { host: NODE_12.host, signal }), "deleted");
  assert.equal(await target.deleteAgent(NODE_12.name, { host: NODE_12.host, signal }), "gone");
});

Deno.test("deleteAgent() removes an agent whose configuration the user may not see, or that names no host", async () => {
  const blind = setUp({ lacking: ["Agent/Configure"] });
  const { target, jenkins } = setUp();
  for (const one of [blind.target, target]) await one.createAgent(NODE_12, { signal });
  jenkins.agents.set(NODE_12.name, { name: NODE_12.name, xml: "<slave><label/></slave>" });
  for (const one of [blind.target, target]) {
    assert.equal(await one.deleteAgent(NODE_12.name, { host: "203.0.113.99", signal }), "deleted");
  }
});

Deno.test("deleteAgent() removes an agent; one that is gone is done", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent(NODE_12, { signal });
  assert.equal(await target.deleteAgent(NODE_12.name, { signal }), "deleted");
  assert.equal(jenkins.agents.size, 0);
  assert.equal(await target.deleteAgent(NODE_12.name, { signal }), "gone");
});

Deno.test("deleteAgent() whose answer is lost has removed the agent all the same", async () => {
  const { target, jenkins } = setUp();
  await target.createAgent(NODE_12, { signal });
  jenkins.failNext({ path: /doDelete/, breakage: "reset", after: true });
  assert.equal((await refusalOf(target.deleteAgent(NODE_12.name, { signal }))).kind, "unavailable");
  assert.equal(await target.deleteAgent(NODE_12.name, { signal }), "gone");
});

for (const name of ["", ".", ".."]) {
  Deno.test(`an agent cannot be called ${JSON.stringify(name)}: nothing is sent that would lead elsewhere`, async () => {
    const { target, jenkins } = setUp();
    for (
      const call of [
        target.createAgent({ ...NODE_12, name }, { signal }),
        target.deleteAgent(name, { signal }),
        target.relabelAgent(name, { label: "trusty", signal }),
      ]
    ) {
      assert.equal((await refusalOf(call)).kind, "badRequest");
    }
    assert.deepEqual(jenkins.calls, []);
  });
}

Deno.test("a name with characters of addresses stays one part of the address", async () => {
  const { target, jenkins } = setUp();
  assert.equal(await target.deleteAgent("a/b?c#d%e", { signal }), "gone");
  assert.equal(jenkins.calls.at(-1), "POST /computer/a%2Fb%3Fc%23d%25e/doDelete");
});

for (const [way, apiKey] of [["a password", PASSWORD], ["an API token", API_TOKEN]] as const) {
  Deno.test(`a Jenkins below a path takes a node through its whole life, with ${way}`, async () => {
    const { target, jenkins } = setUp({
      path: "/ci/jenkins",
      jobs: { test: "parameters" },
      options: { apiKey },
    });
    assert.deepEqual(await target.observe({ signal }), { online: true });
    assert.equal(await target.createAgent({ ...NODE_12, label: null }, { signal }), "created");
    await target.startJob("test", { parameters: { NODE: NODE_12.name }, signal });
    await target.relabelAgent(NODE_12.name, { label: "trusty", signal });
    assert.equal(jenkins.agents.size, 1);
    assert.equal(await target.deleteAgent(NODE_12.name, { signal }), "deleted");
    assert.deepEqual(jenkins.calls, [
      "GET /api/json?tree=quietingDown,quietDownReason",
      "GET /crumbIssuer/api/json",
      "POST /computer/doCreateItem",
      "POST /job/test/buildWithParameters?NODE=trusty-cloud-a-12",
      "GET /computer/trusty-cloud-a-12/config.xml",
      "POST /computer/trusty-cloud-a-12/config.xml",
      "POST /computer/trusty-cloud-a-12/doDelete",
    ]);
  });
}
