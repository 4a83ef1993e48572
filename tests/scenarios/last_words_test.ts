/** The last refusal, in the cloud's words, stays in the evidence of what it ended, in whichever phase that was. */
import assert from "node:assert/strict";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { imageConfig } from "./image_pool.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

type Rule = NonNullable<SimulatorInput["faults"]>[number];

const WORDS = "what the cloud said when it was asked";

/** What ends a node, by phase; each says these words, or others that are given. */
const ends: readonly { phase: string; rule: Rule; words?: string; provider?: string }[] = [
  { phase: "create", rule: { fault: 39, status: 400 } },
  { phase: "create, refused by no status that tells", rule: { fault: 39, status: 500 } },
  { phase: "build", rule: { fault: 9 }, words: "No valid host was found" },
  {
    phase: "address: a floating IP that is refused by policy",
    rule: { fault: 39, operation: "floatingip.create", status: 403 },
    provider: "pool: public",
  },
  {
    phase: "address: a floating IP that no router leads to",
    rule: { fault: 39, operation: "floatingip.create", status: 404 },
    provider: "pool: public",
  },
  {
    phase: "address: a floating IP over quota",
    rule: { fault: 39, operation: "floatingip.create", status: 409 },
    provider: "pool: public",
  },
  {
    phase: "address: ports that cannot be listed",
    rule: { fault: 39, operation: "port.list", status: 403 },
    provider: "pool: public",
  },
  { phase: "login", rule: { fault: 13 }, words: "refused" },
  { phase: "files", rule: { fault: 14 }, words: "closed" },
];

for (const { phase, rule, words = WORDS, provider = "" } of ends) {
  Deno.test(`the last refusal stays in a node's evidence: ${phase}`, async () => {
    const more = `boot-timeout: 60\n    ${provider}`;
    await using virtual = await VirtualPool.start({
      config: poolConfig({ minReady: 1, provider: more }),
      faults: [{ message: WORDS, ...rule }],
    });
    const ended = () => virtual.pool.report().pauses[0];
    await virtual.until(() => ended() !== undefined, 20 * MINUTE);
    await virtual.clock.advance(MINUTE);
    const { evidence } = (await virtual.pool.ledger.getHistory(1))!.node;
    const told = `${evidence?.error} ${evidence?.fault ?? ""}`;
    assert.ok(told.includes(words), told);
    assert.ok(
      ended()!.lastError.includes(words) || (evidence?.fault ?? "").includes(words),
      ended()!.lastError,
    );
  });
}

Deno.test("a refusal is forgotten once what it was about works", async () => {
  const config = poolConfig({ minReady: 1, provider: "pool: public" });
  await using virtual = await VirtualPool.start({
    config,
    faults: [{ fault: 39, operation: "floatingip.create", status: 503, message: WORDS, count: 2 }],
  });
  await virtual.until(() =>
    virtual.pool.report().nodes.some(({ evidence }) => evidence?.error.includes(WORDS))
  );
  await virtual.until(() => virtual.count("ready") === 1);
  assert.equal(virtual.pool.report().nodes[0]?.evidence, null);
});

/** What ends an image. */
const imageEnds: readonly { phase: string; rule: Rule }[] = [
  { phase: "create", rule: { fault: 39, operation: "image.create", status: 400 } },
  { phase: "upload", rule: { fault: 39, operation: "image.upload", status: 403 } },
  { phase: "keypair", rule: { fault: 39, operation: "keypair.create", status: 400 } },
  { phase: "its server", rule: { fault: 39, operation: "server.create", status: 400 } },
  { phase: "snapshot", rule: { fault: 39, operation: "server.snapshot", status: 409 } },
  {
    phase: "snapshot, refused by no status that tells",
    rule: { fault: 39, operation: "server.snapshot", status: 500 },
  },
];

for (const { phase, rule } of imageEnds) {
  Deno.test(`the last refusal stays in an image's evidence: ${phase}`, async () => {
    const isUpload = rule.operation!.startsWith("image");
    const config = imageConfig({ ...isUpload ? {} : { built: [], prepared: ["made"] }, minReady: 1 });
    await using virtual = await VirtualPool.start({ config, faults: [{ message: WORDS, ...rule }] });
    const failed = () =>
      virtual.pool.report().images.find(({ state, evidence }) =>
        evidence !== null && ["delete", "gone"].includes(state.phase)
      );
    await virtual.until(() => failed() !== undefined, 2 * HOUR);
    assert.ok(failed()!.evidence!.error.includes(WORDS), failed()!.evidence!.error);
    await virtual.until(() => virtual.reasons().some((reason) => reason.includes(WORDS)), HOUR);
  });
}
