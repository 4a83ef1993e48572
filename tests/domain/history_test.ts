import assert from "node:assert/strict";
import { type HistoryFilter, selectHistory } from "../../src/domain/history.ts";
import type { HistoryRecord, NodeRecord } from "../../src/domain/node.ts";
import { parseMoment } from "../../src/domain/time.ts";
import { historyRecord } from "../store/records.ts";

/** Ended one after the other, a second apart, by id. */
function historyOf(count: number, fields: (id: number) => Partial<NodeRecord> = () => ({})) {
  const records = Array.from({ length: count }, (_, index): HistoryRecord => {
    const { node } = historyRecord(index + 1);
    return { node: { ...node, ...fields(index + 1) }, endedAt: (index + 1) * 1_000 };
  }).toReversed();
  let read = 0;
  return {
    get read() {
      return read;
    },
    listHistory({ limit, before }: { limit: number; before?: number }) {
      const rest = before === undefined ? records : records.filter(({ node }) => node.id < before);
      read += Math.min(limit, rest.length);
      return Promise.resolve(rest.slice(0, limit));
    },
  };
}

async function idsOf(
  history: ReturnType<typeof historyOf>,
  filter: HistoryFilter,
  page: { limit: number; before?: number } = { limit: 10 },
) {
  const { records, hasMore } = await selectHistory(history, filter, page);
  return { ids: records.map(({ node }) => node.id), hasMore };
}

Deno.test("a page of the history has the newest that pass, and says whether there are more", async () => {
  const history = historyOf(1_000, (id) => ({ label: id % 100 === 0 ? "rare" : "usual" }));
  assert.deepEqual(await idsOf(history, { label: "rare" }, { limit: 3 }), {
    ids: [1_000, 900, 800],
    hasMore: true,
  });
  assert.deepEqual(await idsOf(history, { label: "rare" }, { limit: 7, before: 800 }), {
    ids: [700, 600, 500, 400, 300, 200, 100],
    hasMore: false,
  });
  assert.deepEqual(await idsOf(history, { label: "no such" }), { ids: [], hasMore: false });
});

Deno.test("nothing is read that ended before the time that was asked for", async () => {
  const history = historyOf(5_000);
  assert.deepEqual(await idsOf(history, { since: 4_998_000 }), {
    ids: [5_000, 4_999, 4_998],
    hasMore: false,
  });
  assert.ok(history.read <= 200, String(history.read));
});

const filters: readonly [string, HistoryFilter, readonly number[]][] = [
  ["a provider", { provider: "cloud-b" }, [2]],
  ["an image", { image: "noble" }, [1]],
  ["a job", { job: "gate/unit" }, [3, 1]],
  ["the node's result", { result: "failed" }, [3]],
  ["the job's result, in any case", { result: "failure" }, [1]],
  ["a hostname", { hostname: "web-2.example.org" }, [2]],
  ["a nodename", { hostname: "web-2" }, [2]],
  ["a pattern of hostnames, in which a dot is a dot", { hostname: "*-2.example*" }, [2]],
  ["the time of the end", { since: 2_000, until: 3_000 }, [2]],
  ["several at once", { job: "gate/unit", result: "used" }, [1]],
];
for (const [what, filter, ids] of filters) {
  Deno.test(`history is narrowed by ${what}`, async () => {
    const fields: Partial<NodeRecord>[] = [
      { image: "noble", job: "gate/unit", result: "used", jobEnd: { at: 1, result: "FAILURE" } },
      { provider: "cloud-b", hostname: "web-2.example.org", nodename: "web-2", result: "unused" },
      { job: "gate/unit", result: "failed", hostname: "web-2xexample", nodename: "web-2xexample" },
    ];
    assert.deepEqual((await idsOf(historyOf(3, (id) => fields[id - 1]!), filter)).ids, ids);
  });
}

Deno.test("a time is how long ago, a date, or a date and time, of this machine's zone or another", () => {
  const now = Date.UTC(2026, 0, 31, 12);
  assert.equal(parseMoment("2h", now), now - 7_200_000);
  assert.equal(parseMoment("2026-01-31T10:00Z", now), now - 7_200_000);
  assert.equal(parseMoment("2026-01-31 10:00+02:00", now), now - 4 * 3_600_000);
  assert.equal(parseMoment("2026-01-31", now), new Date(2026, 0, 31).getTime());
  assert.equal(parseMoment("2024-02-29T00:00Z", now), Date.UTC(2024, 1, 29));
  for (
    const wrong of ["", "yesterday", "2026-13-01", "31.01.2026", "10:00", "2026-02-30", "2025-02-29T10:00Z"]
  ) {
    assert.equal(parseMoment(wrong, now), null, wrong);
  }
});
