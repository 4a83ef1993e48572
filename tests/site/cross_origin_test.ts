import assert from "node:assert/strict";
import { sampleReport } from "../views/sample_pool.ts";
import { type OpenSite, openSite } from "./open_site.ts";

const DASHBOARD = "https://dash.example.org";

function allowing(allowOrigin: readonly string[], onDefect?: () => void): OpenSite {
  const report = sampleReport();
  const config = { ...report.config!, status: { ...report.config!.status, allowOrigin } };
  return openSite({ ...report, config }, onDefect);
}

/** What a browser goes by: whether the page may see the answer, and which headers it sees. */
function grantIn({ headers }: Response): readonly (string | null)[] {
  return [headers.get("access-control-allow-origin"), headers.get("access-control-expose-headers")];
}

const asked = { origin: DASHBOARD };
const exposed = "etag, last-modified, allow, location";

Deno.test("a page of an allowed origin reads what went wrong, too, and that nothing has changed", async () => {
  for (
    const [origins, granted] of [[["https://a.example.org", DASHBOARD], DASHBOARD], [["*"], "*"]] as const
  ) {
    const site = allowing(origins, () => {});
    const first = await site.get("/node-list.json", asked);
    const etag = first.headers.get("etag")!;
    const answers = [
      first,
      await site.get("/node-list.json", { ...asked, "if-none-match": etag }),
      await site.get("/node-list?bogus=1", asked),
      await site.get("/nodes/99", asked),
      await site.get("/nonsense", asked),
      await site.get("/node-list", asked, "POST"),
      await site.get("/manual/quota", { ...asked, accept: "text/html" }),
      await site.get("/events", asked),
      await site.get("/metrics", asked),
      await site.get("/openapi.json", asked),
      await site.get("/style.css", asked),
    ];
    site.report = { ...site.report, nodes: null as never };
    answers.push(await site.get("/nodes/1", asked));
    const statuses = answers.map(({ status }) => status);
    assert.deepEqual(statuses, [200, 304, 400, 404, 404, 405, 302, 200, 200, 200, 200, 500]);
    for (const answer of answers) {
      assert.deepEqual(grantIn(answer), [granted, exposed], String(answer.status));
      assert.equal(
        /\borigin\b/.test(answer.headers.get("vary") ?? ""),
        granted !== "*",
        String(answer.status),
      );
      assert.equal(answer.headers.get("access-control-allow-credentials"), null);
      await answer.body?.cancel();
    }
  }
});

Deno.test("a page of another origin learns nothing, nor does one whose origin only looks like an allowed one", async () => {
  const site = allowing([DASHBOARD, "https://a.example.org"]);
  for (
    const origin of [
      "null",
      "http://dash.example.org",
      "https://dash.example.org:8443",
      "https://dash.example.org.evil.example",
      "https://evil.example/https://dash.example.org",
      "https://DASH.example.org.",
    ]
  ) {
    for (const path of ["/node-list", "/nodes/99", "/events"]) {
      const answer = await site.get(path, { origin });
      assert.deepEqual(grantIn(answer), [null, null], origin);
      assert.match(answer.headers.get("vary") ?? "", /\borigin\b/);
      await answer.body?.cancel();
    }
  }
});

Deno.test("a browser may send whatever headers its page wants to", async () => {
  for (const headers of ["if-none-match", "last-event-id,cache-control", "x-requested-with", undefined]) {
    const question = {
      ...asked,
      "access-control-request-method": "GET",
      ...(headers === undefined ? {} : { "access-control-request-headers": headers }),
    };
    const answer = await allowing([DASHBOARD]).get("/events", question, "OPTIONS");
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get("access-control-allow-headers"), headers ?? null);
    assert.equal(answer.headers.get("access-control-allow-methods"), "GET, HEAD");
    assert.equal(answer.headers.get("vary"), "origin, access-control-request-headers");
  }
});
