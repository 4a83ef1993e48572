/**
 * Two labels of one provider, and a cloud that refuses the servers of one of them: each refusal stops what it is about.
 * "No label's trouble pauses another label of its provider, unless the cloud itself is at fault."
 */
import assert from "node:assert/strict";
import { MINUTE } from "../../src/domain/time.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

type Refused = { readonly status: number; readonly message: string };

async function withRefusal(refused: Refused, run: (virtual: VirtualPool) => Promise<void>) {
  await using virtual = await VirtualPool.start({
    config: poolConfig({ minReady: 2, more: ["other"] }),
    faults: [{ fault: 39, name: "other-*", ...refused }],
  });
  await run(virtual);
}

/** What the cloud says of one request. */
const ABOUT_THE_REQUEST: readonly Refused[] = [
  { status: 400, message: "Flavor's disk is too small for requested image." },
  { status: 400, message: "Invalid input for field/attribute user_data. Value: x. 'x' is not a 'base64'" },
  { status: 400, message: "Security group web not found for project 4711." },
  { status: 400, message: "The requested availability zone is not available" },
  { status: 400, message: "Invalid key_name provided." },
  { status: 403, message: "Only volume-backed servers are allowed for flavors with zero disk. " },
  { status: 403, message: "It is not allowed to create an interface on external network 4711" },
  {
    status: 403,
    message: "Policy doesn't allow os_compute_api:servers:create:attach_network to be performed.",
  },
  { status: 403, message: "Maximum number of metadata items exceeds 128" },
  { status: 404, message: "Flavor 4711 could not be found." },
  { status: 404, message: "Image 4711 could not be found." },
  { status: 409, message: "Multiple possible networks found, use a Network ID to be more specific." },
  { status: 413, message: "Request Entity Too Large" },
];

for (const refused of ABOUT_THE_REQUEST) {
  Deno.test(`a refusal that is about one request fails its label alone: ${refused.status} ${refused.message}`, async () => {
    await withRefusal(refused, async (virtual) => {
      await virtual.until(() => virtual.count("ready", "small") === 2, MINUTE);
      await virtual.clock.advance(MINUTE);
      // Those of the other label that are taken are replaced at once.
      await virtual.acquire("small", 2);
      await virtual.until(() => virtual.count("ready", "small") === 2, MINUTE);
      const { providers, pauses } = virtual.pool.report();
      assert.equal(providers[0]!.error, null);
      assert.deepEqual(pauses.map(({ label }) => label), ["other"]);
      assert.ok(pauses[0]!.lastError.includes(refused.message.trim()), pauses[0]!.lastError);
      assert.equal(virtual.count("ready", "other"), 0);
    });
  });
}

/** What it says of the account, or of itself. */
const ABOUT_THE_CLOUD: readonly Refused[] = [
  { status: 401, message: "The request you have made requires authentication." },
  { status: 403, message: "Policy doesn't allow os_compute_api:servers:create to be performed." },
  { status: 403, message: "The project is suspended." },
  { status: 403, message: "Quota exceeded for instances: Requested 1, but already used 9 of 9 instances" },
  { status: 429, message: "This request was rate-limited." },
  { status: 500, message: "Unexpected API Error." },
  { status: 503, message: "The service is unavailable." },
];

for (const refused of ABOUT_THE_CLOUD) {
  Deno.test(`a refusal that is about the account or the cloud concerns its provider: ${refused.status} ${refused.message}`, async () => {
    await withRefusal(refused, async (virtual) => {
      await virtual.clock.advance(5 * MINUTE);
      const creates = virtual.simulator.journal.rows().filter(({ operation, fault }) =>
        operation === "server.create" && fault === 39
      );
      assert.ok(creates.length > 0 && creates.length < 40, `${creates.length} requests were refused`);
      assert.equal(virtual.count("ready", "small"), 2, "what it does not refuse is launched");
      // Where certainly no server came to be, none counts as failed: the same would be said to any other label.
      if (refused.status < 500) assert.deepEqual(virtual.pool.report().pauses, []);
    });
  });
}

Deno.test("a request that waits for more reasons than a record has room for waits: nothing is written meanwhile", async () => {
  const clouds = Array.from(
    { length: 12 },
    (_, index) => `${"a-region-with-a-long-name-".repeat(5)}${index}`,
  );
  await using virtual = await VirtualPool.start({
    config: poolConfig({ minReady: 0, maxServers: 1, clouds }),
    clouds: clouds.map((name) => ({ name })),
  });
  await virtual.acquire("small", clouds.length);
  const spec = { label: "small", count: 1, job: null, client: null, deadline: null };
  const { id } = await virtual.during(virtual.ask("request", spec));
  const leaving = new AbortController();
  const granted = virtual.granted(id, leaving).catch(() => {});
  const waiting = () => virtual.pool.ledger.requests.get(id)?.waitingOn;
  await virtual.until(() => waiting()?.reason === "capacity");
  await virtual.clock.advance(MINUTE);
  assert.match(waiting()!.message, /^a-region.*: max-servers 1\/1; .*…$/);
  let commits = 0;
  using _told = virtual.pool.ledger.subscribe(() => void commits++);
  await virtual.clock.advance(3 * MINUTE);
  assert.equal(commits, 0);
  leaving.abort();
  await granted;
});
