import assert from "node:assert/strict";
import type { Cloud } from "../../src/cloud/cloud.ts";
import { CloudError } from "../../src/domain/cloud_error.ts";
import { executeCreateFloatingIp } from "../../src/execute/floating_ip.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { ADDRESSES, node, states } from "../plan/plan_fixtures.ts";

const { signal } = new AbortController();
const unreachable = new CloudError("notFound", "no router", { status: 404, effect: "none" });

/** What becomes of ports `p1` and `p2`, each refused with an error or given. */
async function attempt(
  answers: Readonly<Record<string, CloudError | null>>,
  { otherwise = null }: { otherwise?: typeof ADDRESSES | null } = {},
) {
  const asked: string[] = [];
  const createFloatingIp = ({ portId }: { portId: string }) => {
    asked.push(portId);
    const refusal = answers[portId];
    return refusal ? Promise.reject(refusal) : Promise.resolve({ id: `f-${portId}`, address: "203.0.113.7" });
  };
  const ways = ["p1", "p2"].map((portId) => ({ portId, networkId: "n2" }));
  const { event } = await executeCreateFloatingIp(
    { type: "create-floating-ip", node: node(states.address), ways, otherwise },
    {
      cloud: { createFloatingIp } as unknown as Cloud,
      clock: new VirtualClock(),
      signal,
      description: "ours",
    },
  );
  return { asked, event };
}

Deno.test("the next port is tried where the external network does not reach the one before", async () => {
  const { asked, event } = await attempt({ p1: unreachable, p2: null });
  assert.deepEqual(asked, ["p1", "p2"]);
  const floatingIp = { id: "f-p2", address: "203.0.113.7", portId: "p2" };
  assert.deepEqual(event, { type: "floating-ip", floatingIp });
});

Deno.test("the next way is tried where an external network is used up, and that is what is waited for", async () => {
  const usedUp = new CloudError("capacity", "no more IP addresses", { status: 409, effect: "none" });
  const { asked, event } = await attempt({ p1: usedUp, p2: null });
  assert.deepEqual(asked, ["p1", "p2"]);
  assert.ok(typeof event === "object" && event?.type === "floating-ip");
  const { event: waiting } = await attempt({ p1: usedUp, p2: unreachable }, { otherwise: ADDRESSES });
  assert.ok(typeof waiting === "object" && waiting?.type === "postponed");
  assert.equal(waiting.waitingOn.message, usedUp.message);
});

Deno.test("no further port is tried after a refusal of another kind, nor after an answer that got lost", async () => {
  const full = new CloudError("quota", "quota exceeded", { status: 409, effect: "none" });
  const lost = new CloudError("notFound", "a gateway's page", { status: 404, effect: "unknown" });
  for (const error of [full, lost]) {
    const { asked, event } = await attempt({ p1: error, p2: null }, { otherwise: ADDRESSES });
    assert.deepEqual(asked, ["p1"]);
    assert.ok(typeof event === "object" && event?.type === "postponed");
    assert.equal(event.waitingOn.message, error.message);
  }
});

Deno.test("where no port is reached the node goes on with its own address, or waits where a pool was asked for", async () => {
  const all = { p1: unreachable, p2: unreachable };
  const { event } = await attempt(all, { otherwise: ADDRESSES });
  assert.deepEqual(event, { type: "addressed", addresses: ADDRESSES });
  const forbidden = new CloudError("unauthorized", "policy", { status: 403, effect: "none" });
  const unknown = new CloudError("badRequest", "no such thing", { status: 501, effect: "unknown" });
  for (const refusal of [forbidden, unknown]) {
    const { event } = await attempt({ p1: refusal }, { otherwise: ADDRESSES });
    assert.deepEqual(event, { type: "addressed", addresses: ADDRESSES }, "a cloud that gives us none");
  }
  const pooled = await attempt(all);
  assert.ok(typeof pooled.event === "object" && pooled.event?.type === "postponed");
});
