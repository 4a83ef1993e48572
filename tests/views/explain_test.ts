/** Why there is, or is not, a node: what `explain` says of each kind of subject. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { renderExplanation } from "../../src/views/explain/render_explanation.ts";
import { viewExplanation } from "../../src/views/explain/view_explanation.ts";
import { NOW, sampleNode, sampleReport, sampleRequest } from "./sample_pool.ts";

const full = { kind: "quota", uses: [{ resource: "cores", limit: 40, used: 40, need: 1 }] } as const;

function explained(name: string, fields: Parameters<typeof sampleReport>[0] = {}) {
  const view = viewExplanation(sampleReport(fields), name);
  assert.ok(view !== null, name);
  return view;
}

Deno.test("explain of a label begins with what stands in the way, its numbers and what helps", () => {
  const lines = renderExplanation(explained("noble", { requests: [] }), { width: 80 }).split("\n")
    .slice(0, 5).join("\n");
  assert.match(lines, /^label noble: 1 node is missing; .*\n {2}cloud-a: quota full: cores 40\/40\n/);
  assert.match(lines, /remedy: .*`openstack --os-cloud cloud-a\s+quota show`/s);
});

Deno.test("explain of a label that lacks nothing says what one node more would meet", () => {
  const whyNoMore = () => [{ provider: "cloud-b", obstacle: { kind: "retired" } as const }];
  const { summary, obstacles } = explained("jammy", { labels: [], whyNoMore });
  assert.match(summary, /^label jammy: nothing is missing; .*one more is not possible now$/);
  assert.deepEqual(obstacles.map(({ kind, cure }) => [kind, cure]), [["retired", "configuration"]]);
});

Deno.test("explain of a label counts what is missing itself where nothing is planned, and says what stops it", () => {
  const hold = { reason: "from a restored state, may be in use", owner: null, until: null };
  const nodes = [1, 2, 3, 4].map((id) =>
    sampleNode({ id, state: { phase: "hold", serverId: `s${id}`, lostAt: null }, hold })
  );
  const standstill = { kind: "state-doubtful", message: "launches are stopped" } as const;
  const { summary, obstacles } = explained("noble", { nodes, requests: [], labels: [], standstill });
  assert.equal(summary, "label noble: 3 nodes are missing; 4 hold");
  assert.deepEqual(obstacles.map(({ message }) => message), ["launches are stopped"]);
});

Deno.test("explain of a label counts no node of a provider that is not configured as there for it", () => {
  const nodes = [1, 2, 3].map((id) => sampleNode({ id, provider: "cloud-0" }));
  const { summary } = explained("noble", { nodes, requests: [], labels: [] });
  assert.equal(summary, "label noble: 3 nodes are missing; 3 ready");
});

Deno.test("a label and its providers tell the same of what each provider lacks, though another one launches", () => {
  const networkMissing = {
    kind: "network-missing",
    message: "no network named lan",
    wanted: "lan",
    known: [],
  } as const;
  const whyNoMore = (label: string) =>
    label === "noble" ? [{ provider: "cloud-b", obstacle: networkMissing }] : [];
  const fields = { labels: [], requests: [], whyNoMore };
  const label = explained("noble", fields);
  assert.deepEqual(label.obstacles.map(({ provider, kind }) => [provider, kind]), [[
    "cloud-b",
    "network-missing",
  ]]);
  const given = label.facts.filter(({ name }) => name.startsWith("provider ")).map(({ value }) => value);
  assert.match(given[0]!, /^launches nodes/);
  assert.match(given[1]!, /^no network named lan/);
  assert.ok(!label.summary.includes("one more is not possible"), label.summary);
  const provider = explained("cloud-b", fields);
  assert.match(provider.obstacles.map(({ message }) => message).join(), /label noble: no network named lan/);
});

Deno.test("a label whose launches have always failed says so after its pause, with what helps", () => {
  const pauses = [{
    provider: "cloud-b",
    label: "jammy",
    failures: 4,
    until: NOW - SECOND,
    lastError: "Invalid key_name provided.",
    lastKind: "badRequest",
    lastFailureAt: NOW - MINUTE,
  }];
  const label = explained("jammy", { labels: [], pauses });
  assert.match(label.facts.at(-1)!.value, /after 4 failed launches in a row: Invalid key_name/);
  assert.match(label.obstacles[0]?.remedy ?? "", /providers\[cloud-b\]\.images\[jammy\]/);
  const provider = explained("cloud-b", { labels: [], pauses });
  assert.match(provider.obstacles[0]?.message ?? "", /label jammy: .*4 failed launches/);
});

Deno.test("what several labels meet at a provider is told once, with their names", () => {
  const whyNoMore = () => [{ provider: "cloud-b", obstacle: { kind: "networks-not-listed" } as const }];
  const { obstacles } = explained("cloud-b", { labels: [], requests: [], pauses: [], whyNoMore });
  assert.deepEqual(obstacles.map(({ message }) => message), [
    "labels noble, jammy: the cloud's networks are not listed yet",
  ]);
});

Deno.test("explain of a request says its turn, until when it waits and why", () => {
  const requests = [sampleRequest({ id: 3 }), sampleRequest({ id: 4, deadline: NOW + MINUTE })];
  const waits = new Map([[4, [{ provider: "cloud-a", obstacle: full }]]]);
  const view = explained("request:4", { requests, waits });
  assert.deepEqual(view.facts.find(({ name }) => name === "turn")?.value, "1 before it");
  assert.deepEqual(view.obstacles.map(({ kind }) => kind), ["quota"]);
  assert.deepEqual(view.next.map(({ what }) => what), ["request 4 gives up"]);
});

Deno.test("explain of an image that a cloud lacks says so with the key that names it, whether a label needs it or not", () => {
  const { providers } = sampleReport();
  const asked = providers.map((provider) => ({ ...provider, baseImages: new Map([["noble", null]]) }));
  const config = { ...sampleReport().config!, labels: [] };
  const lacking = explained("image:noble", { config, labels: [], providers: asked });
  assert.equal(lacking.summary, "image noble: cannot be booted on cloud-a, cloud-b");
  assert.deepEqual(lacking.obstacles.map(({ kind }) => kind), ["image-missing", "image-missing"]);
  assert.match(
    lacking.obstacles[0]?.remedy ?? "",
    /correct providers\[cloud-a\]\.images\[noble\]\.base-image/,
  );
  const obstacle = { kind: "unreachable", message: "no route", since: null, until: null } as const;
  const down = providers.map((provider) =>
    provider.name === "cloud-b" ? { ...provider, obstacle } : provider
  );
  const half = explained("image:noble", { labels: [], providers: down });
  assert.equal(half.summary, "image noble: used as it is on cloud-a; cannot be booted on cloud-b");
  assert.match(half.obstacles.map(({ message }) => message).join(), /no route/);
});

Deno.test("explain of a node says its step and its error, by whatever name it is asked for", () => {
  const evidence = {
    at: NOW,
    error: "no login",
    kind: "ssh",
    requestId: null,
    fault: null,
    console: "boot\nlogin:",
  };
  const waitingOn = { reason: "login", message: "SSH is closed", since: NOW - SECOND } as const;
  const state = { phase: "login", serverId: "s77", activeAt: NOW } as const;
  const nodes = [sampleNode({ id: 77, state, evidence, waitingOn, retryAt: NOW + SECOND })];
  for (const name of ["77", "node:77", nodes[0]!.hostname, "s77"]) {
    const view = explained(name, { nodes });
    assert.deepEqual(view.obstacles.map(({ message }) => message), ["SSH is closed"]);
    assert.deepEqual(view.next.length, 1);
    assert.match(renderExplanation(view), /no login\n {14}\| boot\n {14}\| login:\n/);
  }
});

Deno.test("explain of a provider says whether it answers, and its room with who uses it", () => {
  const view = explained("cloud-a");
  assert.match(view.summary, /^provider cloud-a: it answers; /);
  assert.match(view.facts[0]!.value, /max-servers \d+\/\d+; quota instances 3\/20, cores 40\/40; /);
  assert.match(view.obstacles.map(({ message }) => message).join(), /^label noble: quota full/);
});

Deno.test("a blank stands between the name of a fact and its value, however long the name is", () => {
  for (const length of [1, 4, 5, 6, 40]) {
    const name = `provider ${"p".repeat(length)}`;
    const view = { ...explained("noble"), facts: [{ name, value: "launches nodes" }] };
    assert.match(renderExplanation(view), new RegExp(`^${name} +launches nodes$`, "m"));
  }
});

Deno.test("explain keeps to the terminal's width, however narrow it is and however long a name", () => {
  const name = `provider ${"p".repeat(25)}`;
  const view = {
    ...explained("noble"),
    facts: [{ name, value: "launches nodes, and has room for more of them" }],
  };
  const whole = renderExplanation(view).replaceAll(/\s+/g, " ");
  for (const width of [20, 24, 30, 40, 50, 80]) {
    const text = renderExplanation(view, { width });
    for (const line of text.split("\n")) {
      assert.ok(line.length <= width || /^ *(provider )?\S+$/.test(line), `${width}: ${line}`);
    }
    assert.equal(text.replaceAll(/\s+/g, " "), whole, String(width));
  }
});

Deno.test("explain of a retired provider says how far it is, and what ends its retirement", () => {
  const { config, providers } = sampleReport();
  const retired = config!.providers.map((provider) => ({ ...provider, maxServers: -1 }));
  const view = explained("cloud-a", {
    config: { ...config!, providers: retired },
    providers: providers.map((seen) => ({
      ...seen,
      obstacle: { kind: "retired" },
      nodesBeforeRetirement: 5,
    })),
    labels: [],
  });
  assert.match(view.facts[0]!.value, /^retired, 3 of 5 nodes left; /);
  assert.match(view.obstacles[0]?.remedy ?? "", /set providers\[cloud-a\]\.max-servers to 1 or more/);
});

Deno.test("explain of a node that may be in use says how to end its hold", () => {
  const hold = { reason: "it is back", owner: null, until: null, mayBeInUse: true as const };
  const state = { phase: "hold", serverId: "s9", lostAt: null } as const;
  const { obstacles } = explained("9", { nodes: [sampleNode({ id: 9, state, hold })] });
  assert.match(obstacles[0]?.remedy ?? "", /`nodepool release 9` or `nodepool delete 9`/);
});

Deno.test("times in running text say that they are UTC", () => {
  const pauses = [{ ...sampleReport().pauses[0]!, until: NOW + MINUTE }];
  const requests = [sampleRequest({ id: 4, label: "jammy", deadline: NOW + MINUTE })];
  const view = explained("jammy", { labels: [], pauses, requests });
  assert.match(view.obstacles[0]?.message ?? "", /^paused until 03:05:05 UTC /);
  assert.match(view.facts.find(({ name }) => name === "request 4")!.value, /gives up at 03:05:05 UTC$/);
});

Deno.test("explain of what several things are called tells of the others, and of nothing says so", () => {
  const nodes = [sampleNode({ id: 4 })];
  const view = explained("4", { nodes, requests: [sampleRequest({ id: 4 })] });
  assert.deepEqual([view.subject.kind, view.also], ["node", ["request:4"]]);
  assert.equal(viewExplanation(sampleReport(), "nothing"), null);
});

Deno.test("without a daemon explain says first of all that none runs", () => {
  const view = explained("noble", { daemon: null, standstill: { kind: "no-daemon" } });
  assert.deepEqual(view.obstacles.map(({ message }) => message), ["no daemon is running"]);
});

Deno.test("explain of a pool of 10,000 nodes takes less than 100 ms, whatever is explained", () => {
  const nodes = Array.from({ length: 10_000 }, (_, index) => sampleNode({ id: 1_000 + index }));
  const report = sampleReport({ nodes });
  for (const name of ["noble", "cloud-a", "10999", "203.0.113.250"]) {
    const times = Array.from({ length: 5 }, () => {
      const before = performance.now();
      const view = viewExplanation(report, name);
      if (view !== null) renderExplanation(view, { width: 80 });
      return performance.now() - before;
    });
    assert.ok(Math.min(...times) < 100, `${name}: ${times.join(", ")} ms`);
  }
});

/** Both providers in one project, whose quota is full. */
function crowded(used: number, fields: Parameters<typeof sampleReport>[0] = {}) {
  const { config, providers } = sampleReport();
  const [first, second] = config!.providers;
  const quota = { ...providers[0]!.quota!, instances: { limit: used, used } };
  return {
    labels: [{ name: "noble", wanted: 1, demand: 1, refusals: [{ provider: "cloud-a", obstacle: full }] }],
    config: { ...config!, providers: [first!, { ...second!, access: first!.access }] },
    providers: providers.map((provider) => ({ ...provider, quota, otherServers: used - 6 })),
    ...fields,
  };
}

Deno.test("who uses a full quota is told: nodes of the pool on any provider of the project, and others", () => {
  // Two nodes on the provider, three on the other one of its project.
  const room = (used: number) => explained("cloud-a", crowded(used)).facts[0]!.value;
  assert.match(room(6), /, and 3 nodes of cloud-b in the same project$/);
  assert.match(room(7), /, and 3 nodes of cloud-b in the same project, and 1 server of others$/);
  assert.match(room(9), /, and 3 servers of others$/);
  assert.match(
    room(6),
    /quota instances 6\/6, cores 40\/40; the quota was read 1m ago, before later launches; /,
  );
});

Deno.test("servers that are gone since the quota was read are not told as those of others", () => {
  const { providers, ...rest } = crowded(9);
  const fields = { ...rest, providers: providers.map((provider) => ({ ...provider, otherServers: 1 })) };
  assert.match(
    explained("cloud-a", fields).facts[0]!.value,
    /quota instances 9\/9, .*, and 1 server of others$/,
  );
});

Deno.test("the remedy for a full quota names the nodes that people keep, and servers of others only where there are some", () => {
  const remedy = (used: number) => explained("noble", crowded(used)).obstacles[0]!.remedy!;
  assert.match(
    remedy(6),
    /^have it raised \(`openstack --os-cloud cloud-a quota show`\), or release node 4 \(used by job gate\/unit, request 7\) or node 5 \(held by maria\)$/,
  );
  assert.match(remedy(9), /^delete what uses it \(`nodepool alien-list cloud-a`\), or have it raised /);
});

Deno.test("whoever fills max-servers is named, with whose it is", () => {
  const use = { kind: "max-servers", resource: "maxServers", limit: 1, used: 1, need: 1 } as const;
  const labels = [{
    name: "noble",
    wanted: 1,
    demand: 1,
    refusals: [{ provider: "cloud-b", obstacle: use }],
  }];
  const view = explained("cloud-b", { labels });
  assert.equal(
    view.facts.find(({ name }) => name === "node 4")?.value,
    "noble on cloud-b, used by job gate/unit, request 7 for 5m",
  );
  assert.match(
    view.obstacles.find(({ kind }) => kind === "max-servers")?.remedy ?? "",
    /release node 4 \(used by job gate\/unit, request 7\) or node 5 /,
  );
});

Deno.test("labels whose min-ready fills a provider are named where another label's request waits for its room", () => {
  const full = (kind: "max-servers" | "quota") => {
    const use = { resource: kind === "quota" ? "cores" : "maxServers", limit: 2, used: 2, need: 1 } as const;
    const obstacle = kind === "quota" ? { kind, uses: [use] } as const : { kind, ...use } as const;
    const report = sampleReport();
    const config = {
      ...report.config!,
      labels: report.config!.labels.map((label) => ({ ...label, minReady: label.name === "jammy" ? 2 : 0 })),
    };
    const nodes = [1, 2, 3].map((id) => sampleNode({ id, label: id === 3 ? "other" : "jammy" }));
    const requests = [sampleRequest({ id: 9, label: "noble" })];
    const waits = new Map([[9, [{ provider: "cloud-a", obstacle }]]]);
    return explained("request:9", { config, nodes, requests, waits }).obstacles[0]?.remedy ?? "";
  };
  assert.match(
    full("max-servers"),
    /, or lower min-ready of jammy \(2 ready nodes there\), or release nodes: /,
  );
  assert.match(full("quota"), /, or lower min-ready of jammy \(2 ready nodes there\)$/);
});
