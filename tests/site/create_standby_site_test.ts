import { deepEqual, equal, match } from "node:assert/strict";
import { scrapeStandby } from "../../src/metrics/standby_metrics.ts";
import { createStandbySite } from "../../src/site/create_standby_site.ts";
import { sampleFacts } from "../metrics/sample_facts.ts";

type Leader = { host: string; status: string | null } | null;

function ask(
  leader: Leader,
  { path, accept, problem = null, method = "GET" }: {
    path: string;
    accept?: string;
    problem?: string | null;
    method?: string;
  },
): Promise<Response> {
  const site = createStandbySite({
    leader: () => leader,
    problem: () => problem,
    self: { host: "b.example.org" },
    scrape: (how) => scrapeStandby({ ...sampleFacts, pool: "ci", startedAt: 1_000 }, how),
  });
  const headers: HeadersInit = accept === undefined ? [] : [["accept", accept]];
  return Promise.resolve(site.fetch(new Request(`http://b.example.org:8005${path}`, { headers, method })));
}

const leader = { host: "a.example.org", status: "http://a.example.org:8005" };

Deno.test("a standby lives, is not ready, and says behind whom it stands, as text and as JSON", async () => {
  deepEqual(await (await ask(leader, { path: "/healthz" })).json(), { status: "ok" });
  const text = await ask(leader, { path: "/readyz" });
  equal(text.status, 503);
  equal(await text.text(), "standby behind a.example.org\n");
  const json = await ask(leader, { path: "/readyz?strict", accept: "application/json" });
  equal(json.status, 503);
  deepEqual(await json.json(), { ready: false, reasons: ["standby behind a.example.org"] });
});

Deno.test("a standby sends whoever asks for anything else to the leader, with path and query", async () => {
  for (
    const path of ["/", "/node-list?state=ready&format=json", "/manual/endpoint", "/nodes/1%2F2", "/events"]
  ) {
    const answer = await ask(leader, { path });
    equal(answer.status, 307);
    equal(answer.headers.get("location"), `http://a.example.org:8005${path}`);
  }
  equal((await ask(leader, { path: "/status", method: "HEAD" })).status, 307);
});

Deno.test("a leader that listens everywhere is reached by its name, one that listens for its own machine from there only", async () => {
  const where = async (status: string, host: string) => {
    const answer = await ask({ host, status }, { path: "/status" });
    return answer.headers.get("location") ?? `${answer.status} ${await answer.text()}`;
  };
  equal(await where("http://0.0.0.0:8005", "a.example.org"), "http://a.example.org:8005/status");
  equal(await where("http://[::]:8005", "a.example.org"), "http://a.example.org:8005/status");
  equal(await where("http://127.0.0.1:8006", "b.example.org"), "http://127.0.0.1:8006/status");
  for (const status of ["http://127.0.0.1:8005", "http://localhost:8005", "http://[::1]:8005"]) {
    match(
      await where(status, "a.example.org"),
      /^503 this machine is a standby, and the status endpoint of a\.example\.org, which leads, answers there only: set `listen` under `status`\n$/,
    );
  }
});

Deno.test("a standby says so where nobody leads, or the leader has no status endpoint, in the form that is wanted", async () => {
  const alone = await ask(null, { path: "/readyz", problem: "etcd does not answer" });
  equal(await alone.text(), "standby, and no machine leads: etcd does not answer\n");
  const list = await ask(null, { path: "/node-list", problem: "etcd does not answer" });
  equal(list.status, 503);
  equal(
    await list.text(),
    "this machine is a standby, and no machine leads: etcd does not answer; see: nodepool manual no-leader\n",
  );
  const page = await ask(null, { path: "/node-list", accept: "text/html" });
  match(
    await page.text(),
    /<h1>Not available now<\/h1>[^]*This machine is a standby, and no machine leads;/,
  );
  const none = await ask({ host: "a.example.org", status: null }, { path: "/", accept: "application/json" });
  deepEqual(await none.json(), {
    error: "this machine is a standby, and a.example.org leads without a status endpoint",
    status: 503,
  });
});

Deno.test("a standby's own metrics say that it does not lead, and nothing that an alert takes for the pool's", async () => {
  const text = await ask(leader, { path: "/metrics" });
  const samples = (await text.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  deepEqual(samples, [
    'nodepool_leader{pool="ci"} 0',
    'nodepool_build_info{version="0.4.0",commit="0123456789ab",deno="2.9.6"} 1',
    "process_cpu_seconds_total 12.5",
    "process_resident_memory_bytes 104857600",
    "process_start_time_seconds 1",
  ]);
  const open = await ask(leader, { path: "/metrics", accept: "application/openmetrics-text" });
  match(await open.text(), /# EOF\n$/);
});
