/** What `config-validate --online` says against what a daemon then does, on clouds that are broken in many ways. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { OnlineCheck } from "../../../src/domain/online_check.ts";
import { MINUTE } from "../../../src/domain/time.ts";
import { type Break, breaks, brokenCloud } from "../../scenarios/broken_clouds.ts";
import { VirtualPool } from "../../scenarios/virtual_pool.ts";
import { generateKey } from "../../../src/ssh/generate_key.ts";

const key = await generateKey();

/** Long enough for a node that can be launched at all, on clouds that answer slowly. */
const PATIENCE = 15 * MINUTE;

/** What is said and what happens, for each label. */
async function compare(chosen: readonly Break[], random: number) {
  const scriptDir = await Deno.makeTempDir({ prefix: "nodepool-scripts-" });
  await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(scriptDir) };
  const { config, clouds, faults, isThere } = brokenCloud(chosen, { scriptDir });
  const readFile = (path: string) =>
    isThere(path) ? Promise.resolve(key.private) : Promise.reject(new Deno.errors.NotFound(path));
  const stat = (path: string) => Promise.resolve(isThere(path) ? { isFile: true, mode: 0o755 } : null);
  await using virtual = VirtualPool.idle({ config, clouds, faults, readFile, stat, random });
  const checks = await virtual.checkOnline();
  assertReadOnly(virtual);
  await virtual.startPool();
  const labels = ["small", "big", "elsewhere"];
  const isOver = () => labels.every((label) => virtual.count("ready", label) > 0);
  await virtual.until(isOver, PATIENCE).catch(() => {});
  const ready = labels.filter((label) => virtual.count("ready", label) > 0);
  const said = labels.filter((label) => !isStopped(checks, label));
  // What cannot be known may still stop it, but what is said to stop it does.
  return { checks, said: isLeftOpen(checks) ? said.filter((label) => ready.includes(label)) : said, ready };
}

/** Whether something that a launch needs cannot be known beforehand: then the checks warn, and promise nothing. */
function isLeftOpen(checks: readonly OnlineCheck[]): boolean {
  return checks.some(({ provider, check, result, message }) =>
    provider === "main" && result === "warning" && (check === "network" || message.startsWith("not known: "))
  );
}

function isStopped(checks: readonly OnlineCheck[], label: string): boolean {
  const verdict = checks.find(({ check, subject }) => check === "label" && subject === label);
  assert.ok(verdict !== undefined, `nothing is said of ${label}`);
  return verdict.result === "failure";
}

/** Nothing but logins was sent with another method than GET, and nothing has changed. */
function assertReadOnly({ simulator }: VirtualPool): void {
  const rows = simulator.journal.rows();
  assert.ok(rows.length > 0);
  const changing = rows.filter(({ method, operation }) =>
    method !== "GET" && method !== "HEAD" && operation !== "token.create"
  );
  assert.deepEqual(changing, []);
  assert.deepEqual(rows.filter(({ effect }) => effect), []);
}

function tell(chosen: readonly Break[], checks: readonly OnlineCheck[]): string {
  const names = chosen.map(({ name }) => name).join(" and ");
  const found = checks.filter(({ result }) => result !== "ok").map(({ provider, check, subject, message }) =>
    `  ${provider} ${check} ${subject ?? ""}: ${message}`
  );
  return [`with ${names}:`, ...found].join("\n");
}

for (const one of breaks) {
  Deno.test(`config-validate --online says what a daemon does with ${one.name}`, async () => {
    const { checks, said, ready } = await compare([one], 1);
    assert.deepEqual(said, ready, tell([one], checks));
    assert.ok(ready.includes("elsewhere"), "the other cloud is not held up");
  });
}

Deno.test("config-validate --online says what a daemon does with several things broken at once", async () => {
  const several = fc.uniqueArray(fc.constantFrom(...breaks), { minLength: 2, maxLength: 4 });
  const property = fc.asyncProperty(several, fc.nat(1000), async (chosen, random) => {
    const { checks, said, ready } = await compare(chosen, random);
    assert.deepEqual(said, ready, tell(chosen, checks));
  });
  await fc.assert(property, { numRuns: 25, endOnFailure: true });
});
