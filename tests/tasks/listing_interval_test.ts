/** How often servers are listed while some are waited for: soon after each is ACTIVE, and not more often than that takes. */
import assert from "node:assert/strict";
import type { NodeRecord } from "../../src/domain/node.ts";
import { NodeIndex } from "../../src/domain/node_index.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { listingInterval } from "../../src/tasks/listing_interval.ts";
import { node, NOW, provider, states } from "../plan/plan_fixtures.ts";

interface Burst {
  readonly count: number;
  /** Seconds. */
  readonly boot: number;
  readonly jitter: number;
  /** Servers that are asked for in a second. */
  readonly rate?: number;
  readonly label?: string;
  /** Nodes that are there already. */
  readonly known?: readonly NodeRecord[];
  readonly startedAt?: number;
}

const onProvider = (nodes: readonly NodeRecord[]) => NodeIndex.of(nodes).provider(provider().name);

/** Goes from listing to listing until all are found. */
function follow({ count, boot, jitter, rate = 120, label = "noble", known = [], startedAt = NOW }: Burst) {
  const random = seededRandom(count);
  const servers = Array.from({ length: count }, (_, index) => {
    const askedAt = startedAt + (index + 1) * SECOND / rate;
    const activeAt = askedAt + (boot + (2 * random.float() - 1) * jitter) * SECOND;
    return { id: known.length + index, askedAt, activeAt };
  });
  const nodes = NodeIndex.of(known.map((node, id) => ({ ...node, id })));
  const asked: typeof servers = [];
  const lags: number[] = [];
  let [listings, now] = [0, startedAt + SECOND / rate];
  while (lags.length < count) {
    while (asked.length < count && servers[asked.length]!.askedAt <= now) {
      const server = servers[asked.length]!;
      const { id, askedAt } = server;
      nodes.put(id, node(states.boot, { id, label, phaseSince: askedAt, timings: { boot: askedAt } }));
      asked.push(server);
    }
    const own = nodes.provider(provider().name);
    const pending = [...own.unsettled.values()];
    now += pending.length === 0 ? 100 : listingInterval(pending, { nodes: own, now });
    if (pending.length > 0) listings++;
    for (const { id, askedAt, activeAt } of asked) {
      if (activeAt > now || nodes.byId.get(id)?.state.phase === "ready") continue;
      nodes.put(id, node(states.ready, { id, label, timings: { boot: askedAt, address: now } }));
      lags.push(now - activeAt);
    }
  }
  lags.sort((a, b) => a - b);
  const at = (part: number) => lags[Math.min(count - 1, Math.floor(count * part))]!;
  return { listings, median: at(0.5), late: at(0.99), last: at(1), nodes: [...nodes], now };
}

const slow = { count: 600, boot: 20, jitter: 5 };
/** Listings that every half second would take, from the first server's request to the last one's being found. */
const every = (seconds: number) => seconds / 0.5;

Deno.test("a burst of servers is listed more finely while many are due, without many more listings", () => {
  const { listings, median, late } = follow(slow);
  assert.ok(median < 0.2 * SECOND && late < 0.5 * SECOND, `${median} ms, ${late} ms`);
  assert.ok(listings < every(30) + 25, String(listings));
});

Deno.test("a burst after others is not looked for before those have shown that it can be there", () => {
  const first = follow(slow);
  const second = follow({ ...slow, known: first.nodes, startedAt: first.now + 60 * SECOND });
  assert.ok(second.median < 0.2 * SECOND && second.late < 0.5 * SECOND, `${second.median}, ${second.late}`);
  assert.ok(second.listings < first.listings, `${second.listings}, ${first.listings}`);
});

Deno.test("boots of another label say little of this one", () => {
  const fast = follow({ count: 100, boot: 5, jitter: 1, label: "small" });
  const other = follow({ ...slow, known: fast.nodes, startedAt: fast.now + 60 * SECOND });
  assert.ok(other.median < 0.2 * SECOND && other.late < 0.6 * SECOND, `${other.median}, ${other.late}`);
  assert.ok(other.listings < every(30) + 30, String(other.listings));
});

Deno.test("a single server is found within half a second once one has shown how long it takes", () => {
  const first = follow({ count: 1, boot: 40, jitter: 5 });
  assert.ok(first.last <= 0.75 * SECOND);
  const second = follow({ count: 1, boot: 40, jitter: 0, known: first.nodes, startedAt: first.now });
  assert.ok(second.last <= 0.5 * SECOND);
  assert.ok(second.listings <= 16 + 16 + 4, String(second.listings));
});

Deno.test("however many are due, listings come no closer than they take, and no further apart than before", () => {
  for (const count of [1, 10, 100, 2_000]) {
    const { nodes, now } = follow({ count: 50, boot: 2, jitter: 1 });
    const pending = Array.from(
      { length: count },
      (_, index) => node(states.boot, { id: nodes.length + index, phaseSince: now - 2 * SECOND }),
    );
    const interval = listingInterval(pending, { nodes: onProvider([...nodes, ...pending]), now });
    assert.ok(interval >= 0.15 * SECOND && interval <= 0.5 * SECOND, `${count}: ${interval}`);
  }
});

Deno.test("what is late is looked for the more seldom the longer it has been awaited, and once a minute at least", () => {
  const after = (phaseSince: number) =>
    listingInterval([node(states.boot, { phaseSince })], { nodes: onProvider([]), now: NOW });
  const intervals = [3, 6, 18, 36, 600].map((minutes) => after(NOW - minutes * MINUTE));
  assert.deepEqual(intervals, [5 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE, MINUTE]);
});
