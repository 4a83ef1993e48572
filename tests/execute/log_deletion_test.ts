/** What the log says of deletions: one line each, with what, whose, why, by whom. */
import assert from "node:assert/strict";
import type { DeletionReport } from "../../src/execute/deletions.ts";
import { logDeletion } from "../../src/execute/log_deletion.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { node, states } from "../plan/plan_fixtures.ts";

const logged = (...reports: readonly DeletionReport[]) => loggedLines(() => reports.forEach(logDeletion));

const over = node(states["delete-server"], { comment: "released by unit-tests", deletedBy: "job" });
const server = { kind: "server", id: "s7", name: over.hostname, of: { type: "node", node: over } } as const;
const leak = { type: "leak", reason: "node 7 has ended", portId: null } as const;
const floatingIp = { kind: "floating-ip", id: "f7", name: "203.0.113.7", of: leak } as const;
const on = { provider: "cloud-a" } as const;

Deno.test("a deletion is one line that says what, of which node, why and who decided it", async () => {
  const [line, ...others] = await logged({ ...on, order: server, outcome: "accepted" });
  assert.deepEqual([line?.level, others.length], ["info", 0]);
  const text = line!.message.join("");
  assert.equal(
    text,
    `provider cloud-a: server s7 (${over.hostname}) of node 7 deleted: released by unit-tests`,
  );
  const { provider, kind, id, name, node: nodeId, by, reason } = line!.properties;
  assert.deepEqual([provider, kind, id, name, nodeId, by, reason], [
    "cloud-a",
    "server",
    "s7",
    over.hostname,
    7,
    "job",
    "released by unit-tests",
  ]);
});

Deno.test("a leak and what is left alone are warnings, what is gone already is a detail", async () => {
  const message = "it belongs to node 12 (used)";
  const lines = await logged(
    { ...on, order: floatingIp, outcome: "accepted" },
    { ...on, order: floatingIp, outcome: "refused", message },
    { ...on, order: server, outcome: "failed", message: "it is locked" },
    { ...on, order: floatingIp, outcome: "gone" },
  );
  assert.deepEqual(lines.map(({ level, message }) => `${level}: ${message.join("")}`), [
    "warning: provider cloud-a: floating IP f7 (203.0.113.7), a leak, deleted: node 7 has ended",
    "warning: provider cloud-a: floating IP f7 (203.0.113.7), a leak, is left alone: it belongs to node 12 (used); " +
    "it was to be deleted: node 7 has ended",
    `warning: provider cloud-a: server s7 (${over.hostname}) of node 7 cannot be deleted: it is locked`,
    "debug: provider cloud-a: floating IP f7 (203.0.113.7), a leak, was already gone; it was to be deleted: " +
    "node 7 has ended",
  ]);
});
