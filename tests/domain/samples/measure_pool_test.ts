import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import type { Config } from "../../../src/domain/config.ts";
import type { NodeState } from "../../../src/domain/node.ts";
import { type Happened, measurePool } from "../../../src/domain/samples/measure_pool.ts";
import { type GroupSample, type Measure, measures } from "../../../src/domain/samples/sample.ts";
import { MINUTE } from "../../../src/domain/time.ts";
import { NOW, sampleConfig, sampleNode, sampleRequest } from "../../views/sample_pool.ts";

const server = { serverId: "server" };
const states: readonly NodeState[] = [
  { phase: "boot", ...server },
  { phase: "test", ...server, startedAt: null },
  { phase: "ready", ...server },
  { phase: "used", ...server },
  { phase: "hold", ...server, lostAt: null },
  { phase: "delete-address" },
];

const arbitraryNodes = fc.array(fc.record({
  state: fc.constantFrom(...states),
  role: fc.constantFrom("node", "node", "subnode", "builder"),
  label: fc.constantFrom("noble", "jammy", "gone"),
  provider: fc.constantFrom("cloud-a", "cloud-b", "left"),
})).map((all) =>
  all.map(({ label, ...fields }, index) =>
    sampleNode({ id: index + 1, ...fields, label: fields.role === "builder" ? "" : label } as never)
  )
);

function measured(counted: Partial<Parameters<typeof measurePool>[0]>): readonly GroupSample[] {
  return measurePool({ now: NOW, config: sampleConfig(), nodes: [], requests: [], happened: [], ...counted });
}

function sum(groups: readonly GroupSample[], of: GroupSample["of"], measure: Measure): number {
  return groups.filter((group) => group.of === of)
    .reduce((all, { values }) => all + values[measures.indexOf(measure)]!, 0);
}

Deno.test("every server is counted once: in the pool, on its provider, and a node in its label", () => {
  fc.assert(fc.property(arbitraryNodes, (nodes) => {
    const groups = measured({ nodes });
    const counted = ["building", "ready", "used", "held", "deleting"] as const;
    const total = (of: GroupSample["of"]) =>
      counted.reduce((all, measure) => all + sum(groups, of, measure), 0);
    equal(total("pool"), nodes.length);
    for (const measure of counted) equal(sum(groups, "provider", measure), sum(groups, "pool", measure));
    equal(total("label"), nodes.filter(({ role }) => role === "node").length);
    ok(!groups.some(({ of, name }) => of !== "pool" && name === ""), "servers for images have no label");
  }));
});

Deno.test("what is configured is measured without nodes too, a retired provider with no room", () => {
  const { providers: [first, ...others], ...config } = sampleConfig();
  const groups = measured({
    config: { ...config, providers: [{ ...first!, maxServers: -1 }, ...others] } as Config,
  });
  const limits = new Map(
    groups.map(({ of, name, values }) => [`${of} ${name}`, values[measures.indexOf("limit")]]),
  );
  const labels = config.labels.map(({ name, maxServers }) => [`label ${name}`, maxServers ?? -1] as const);
  const room = others.reduce((all, { maxServers }) => all + maxServers, 0);
  deepEqual(
    limits,
    new Map([
      ["pool ", room],
      ...labels,
      [`provider ${first!.name}`, 0],
      ...others.map(({ name, maxServers }) => [`provider ${name}`, maxServers] as const),
    ]),
  );
});

Deno.test("the requests that wait are counted with the oldest one's age, and those that were granted are not", () => {
  const requests = [
    sampleRequest({ id: 1, label: "noble", createdAt: NOW - 9 * MINUTE, nodes: [1], grantedAt: NOW }),
    sampleRequest({ id: 2, label: "noble", createdAt: NOW - 5 * MINUTE }),
    sampleRequest({ id: 3, label: "noble", createdAt: NOW - 7 * MINUTE }),
    sampleRequest({ id: 4, label: "jammy", createdAt: NOW + MINUTE }),
  ];
  const groups = measured({ requests });
  const told = groups.filter(({ of }) => of !== "provider").map(({ name, values }) => [
    name,
    values[measures.indexOf("waiting")],
    values[measures.indexOf("oldest")],
  ]);
  deepEqual(new Set(told.map((row) => row.join(" "))), new Set([" 3 420", "noble 2 420", "jammy 1 0"]));
});

Deno.test("however many get their nodes in one minute after however long, their waits fit into the state", () => {
  const happened = Array.from({ length: 200_000 }, (_, index): Happened => ({
    type: "granted",
    label: "noble",
    seconds: index * 7,
  }));
  const { waits } = measured({ happened }).find(({ name }) => name === "noble")!;
  equal(waits!.counts.reduce((all, count) => all + count, 0), happened.length);
  ok(JSON.stringify(waits).length < 45_000, `${JSON.stringify(waits).length}`);
  ok(waits!.seconds.every((seconds) => seconds <= 999_000));
});
