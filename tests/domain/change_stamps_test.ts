import assert from "node:assert/strict";
import { ChangeStamps } from "../../src/domain/change_stamps.ts";
import type { ServerListing } from "../../src/domain/server.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { NOW, server } from "../plan/plan_fixtures.ts";

/** A listing of servers by id, with how long before NOW each changed; its cloud's API has a clock of its own. */
function listing(
  ages: Readonly<Record<string, number>>,
  { kind = "delta", at = 0, api = 0 }: { kind?: ServerListing["kind"]; at?: number; api?: number } = {},
): ServerListing {
  const servers = Object.entries(ages).map(([id, age]) => server(id, { updatedAt: NOW - age }));
  return {
    kind,
    startedAt: NOW + at,
    cloudTime: NOW + at + api,
    cloudAhead: { atLeast: api, atMost: api },
    servers,
  };
}

const complete = { kind: "complete" } as const;

/** How long before NOW the next question begins, after these listings. */
function reach(...listings: readonly ServerListing[]): number {
  const stamps = new ChangeStamps();
  for (const one of listings) stamps.note(one);
  return NOW - stamps.since;
}

Deno.test("changes are asked for from the newest stamp seen, whatever the API's clock says", () => {
  for (const api of [-7 * MINUTE, 0, 7 * MINUTE]) {
    assert.equal(reach(listing({ a: HOUR, b: 20 * SECOND }, { ...complete, api })), 28 * SECOND);
  }
});

Deno.test("as long as no stamp has been seen, an hour is asked for", () => {
  assert.equal(reach(listing({}, complete)), HOUR);
});

Deno.test("a change that shows late has all later questions reach back to it", () => {
  const seen = listing({ a: 0, b: HOUR }, complete);
  const late = listing({ a: 0, b: 7 * MINUTE }, { ...complete, at: MINUTE });
  assert.equal(reach(seen, late), 7 * MINUTE + 8 * SECOND);
  assert.equal(reach(seen, late, listing({ a: -SECOND }), late), 7 * MINUTE + 7 * SECOND);
  const created = listing({ a: 0, b: HOUR, c: MINUTE }, complete);
  assert.equal(reach(seen, created), MINUTE + 8 * SECOND);
});

Deno.test("what comes to light in its order reaches no further back", () => {
  const hourly = listing({ a: 2 * HOUR, b: 3 * HOUR }, complete);
  assert.equal(reach(hourly, listing({ a: MINUTE, b: 30 * SECOND }, complete)), 38 * SECOND);
  const seen = listing({ a: 0 });
  assert.equal(reach(seen, seen, seen), 8 * SECOND);
});

Deno.test("a server that a listing left out, or shows as it was, tells nothing of clocks", () => {
  const whole = listing({ a: 0, b: 2 * HOUR }, complete);
  const short = listing({ a: 0 }, { ...complete, at: MINUTE });
  const stale = listing({ a: MINUTE, b: 2 * HOUR }, { ...complete, at: 2 * MINUTE });
  assert.equal(reach(whole, short, stale, whole), 8 * SECOND);
});

Deno.test("a stamp from the far future is passed over, and no reach is longer than an hour", () => {
  assert.equal(reach(listing({ a: -365 * 24 * HOUR, b: SECOND }, complete)), 9 * SECOND);
  const late = listing({ a: 0, b: 5 * HOUR }, complete);
  assert.equal(reach(listing({ a: 0, b: 9 * HOUR }, complete), late), HOUR);
});
