import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { planAllocation } from "../../src/plan/allocation.ts";
import type { AllocationInput, AllocationResult, LabelAsk } from "../../src/plan/allocation_types.ts";
import type { Resource } from "../../src/domain/resource.ts";
import { countedInput, label, mixedInput } from "./allocation_inputs.ts";
import { bestTotal, choices, feasible, granted, grantedOn, sum } from "./allocation_oracle.ts";

function holds(inputs: fc.Arbitrary<AllocationInput>, property: (input: AllocationInput) => void): void {
  fc.assert(fc.property(inputs, property), { numRuns: 400 });
}

/** What a provider has left of a resource after the grants; negative where it was exceeded before. */
function left(
  input: AllocationInput,
  result: AllocationResult,
  at: { provider: string; resource: Resource },
) {
  const use = input.providers.find(({ name }) => name === at.provider)!.room[at.resource];
  if (use === undefined) return Infinity;
  const taken = input.labels.map((label) => {
    const count = grantedOn(result, label.name, at.provider);
    return count === 0 ? 0 : count * perNode(label, at.provider, at.resource);
  });
  return use.limit - use.used - sum(taken);
}

function perNode(label: LabelAsk, provider: string, resource: Resource): number {
  const offer = label.offers.find((one) => one.provider === provider);
  if (offer === undefined || "refusal" in offer) return Infinity;
  const server: Partial<Record<Resource, number>> = { ...offer.cost, maxServers: 1, instances: 1 };
  return label.size * (server[resource] ?? 0);
}

const RESOURCES: Resource[] = ["maxServers", "instances", "cores", "ramMib"];

Deno.test("planAllocation() never goes over any limit of a provider or a label", () => {
  holds(mixedInput, (input) => {
    const result = planAllocation(input);
    for (const grant of result.grants) {
      ok(Number.isInteger(grant.count) && grant.count > 0);
      const offer = input.labels.find(({ name }) => name === grant.label)!.offers
        .find((one) => one.provider === grant.provider)!;
      ok("cost" in offer, "a provider that refuses got a launch");
      for (const resource of RESOURCES) {
        const label = input.labels.find(({ name }) => name === grant.label)!;
        if (perNode(label, grant.provider, resource) === 0) continue;
        ok(left(input, result, { provider: grant.provider, resource }) >= 0, resource);
      }
    }
    granted(input, result).forEach((count, at) => {
      const { cap, size, demand, spare } = input.labels[at]!;
      ok(count <= demand + spare);
      if (cap !== null && count > 0) ok(cap.used + count * size <= cap.limit);
    });
  });
});

Deno.test("planAllocation() serves as much demand as any arrangement could", () => {
  holds(countedInput, (input) => {
    const served = granted(input, planAllocation(input), "demand");
    equal(sum(served), bestTotal(input, input.labels.map((_, at) => at)));
  });
});

Deno.test("planAllocation() refuses no node that fits somewhere", () => {
  holds(mixedInput, (input) => {
    const result = planAllocation(input);
    granted(input, result).forEach((count, at) => {
      const label = input.labels[at]!;
      if (count === label.demand + label.spare) return;
      if (label.cap !== null && label.cap.used + (count + 1) * label.size > label.cap.limit) return;
      for (const offer of label.offers) {
        if ("refusal" in offer) continue;
        const { provider } = offer;
        const fits = RESOURCES.every((resource) => {
          const need = perNode(label, provider, resource);
          return need === 0 || need <= left(input, result, { provider, resource });
        });
        ok(!fits, `${label.name} still fits on ${provider}`);
      }
    });
  });
});

Deno.test("planAllocation() serves what labels are behind, then those with fewer possible providers", () => {
  holds(countedInput, (input) => {
    const served = granted(input, planAllocation(input), "demand");
    const owed = behind(input);
    for (const bound of [0, 1, 2, 3]) {
      const first = input.labels.map((label, at) => ({
        ...label,
        demand: choices(input, label) <= bound ? label.demand : Math.min(label.demand, owed[at]!),
      }));
      const got = first.map(({ demand }, at) => Math.min(demand, served[at]!));
      equal(sum(got), bestTotal({ ...input, labels: first }, first.map((_, at) => at)));
    }
  });
});

/** Nodes that each label is behind the one that was given most, of those that it competes with. */
function behind({ labels }: AllocationInput): number[] {
  const open = ({ offers, demand }: LabelAsk) =>
    demand === 0 ? [] : offers.flatMap((offer) => "cost" in offer ? [offer.provider] : []);
  return labels.map((label) => {
    let rivals = labels.filter((one) => one === label && open(one).length > 0);
    for (const _ of labels) {
      const reached = new Set(rivals.flatMap(open));
      rivals = labels.filter((one) => open(one).some((name) => reached.has(name)));
    }
    const most = Math.max(0, ...rivals.map(({ served }) => served));
    return rivals.length === 0 ? 0 : Math.floor((most - label.served) * label.demand);
  });
}

Deno.test("planAllocation() shares among equals so that no node would be fairer with another", () => {
  const equalBefore = countedInput.map((input) => ({
    ...input,
    labels: input.labels.map((label) => ({ ...label, served: 0 })),
  }));
  holds(equalBefore, (input) => {
    const served = granted(input, planAllocation(input), "demand");
    input.labels.forEach((rich, from) =>
      input.labels.forEach((poor, to) => {
        const equals = choices(input, rich) === choices(input, poor);
        if (from === to || !equals || served[from] === 0 || served[to]! >= poor.demand) return;
        const moved = served.with(from, served[from]! - 1).with(to, served[to]! + 1);
        if (!feasible(input, moved)) return;
        ok((served[to]! + 0.5) / poor.demand >= (served[from]! - 0.5) / rich.demand, `${served} or ${moved}`);
      })
    );
  });
});

Deno.test("planAllocation() shares one provider among many so that no node would be fairer with another", () => {
  const asks = fc.record({
    demands: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 8 }),
    room: fc.nat(120),
  });
  fc.assert(fc.property(asks, ({ demands, room }) => {
    const input = {
      labels: demands.map((demand, at) => label(`label-${at}`, { demand, providers: ["only"] })),
      providers: [{ name: "only", room: { maxServers: { limit: room, used: 0 } } }],
    };
    const served = granted(input, planAllocation(input));
    equal(sum(served), Math.min(room, sum(demands)));
    if (room >= sum(demands)) return;
    const lastGiven = Math.max(
      ...demands.map((demand, at) => served[at] === 0 ? 0 : (served[at]! - 0.5) / demand),
    );
    const nextDue = Math.min(...demands.map((demand, at) => (served[at]! + 0.5) / demand));
    ok(nextDue >= lastGiven, `${served} of ${demands}`);
  }));
});

Deno.test("planAllocation() grants spare nodes only from what is left when all demand is served", () => {
  holds(countedInput, (input) => {
    const withoutSpare = { ...input, labels: input.labels.map((label) => ({ ...label, spare: 0 })) };
    deepEqual(
      granted(input, planAllocation(input), "demand"),
      granted(withoutSpare, planAllocation(withoutSpare), "demand"),
    );
  });
  holds(mixedInput, (input) => {
    const result = planAllocation(input);
    const demand = granted(input, result, "demand");
    granted(input, result, "spare").forEach((spare, at) => {
      if (spare > 0) equal(demand[at], input.labels[at]!.demand);
    });
  });
});

Deno.test("planAllocation() spreads a label over its providers in proportion to their room", () => {
  const wide = fc.record({
    rooms: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 5 }),
    asks: fc.array(fc.record({ demand: fc.nat(12), spare: fc.nat(12) }), { minLength: 1, maxLength: 4 }),
    size: fc.integer({ min: 1, max: 2 }),
  });
  let free = 0;
  fc.assert(
    fc.property(wide, ({ rooms, asks, size }) => {
      const nodes = rooms.map((room) => Math.floor(room / size));
      const totals = asks.map(({ demand, spare }) => demand + spare);
      const ideal = (total: number, at: number) => total * nodes[at]! / sum(nodes);
      const unhindered = sum(nodes) > 0 &&
        nodes.every((room, at) => sum(totals.map((total) => Math.ceil(ideal(total, at)))) <= room);
      if (!unhindered) return;
      free++;
      const result = planAllocation({
        labels: asks.map((ask, at) =>
          label(`label-${at}`, { ...ask, size, providers: rooms.map((_, provider) => `p${provider}`) })
        ),
        providers: rooms.map((room, at) => ({
          name: `p${at}`,
          room: { instances: { limit: room, used: 0 } },
        })),
      });
      totals.forEach((total, at) =>
        nodes.forEach((_, provider) => {
          const off = Math.abs(grantedOn(result, `label-${at}`, `p${provider}`) - ideal(total, provider));
          ok(off < 1, `${off} off the share`);
        })
      );
    }),
    { numRuns: 1_000 },
  );
  ok(free > 20, `only ${free} runs left room for a choice`);
});

Deno.test("planAllocation() spreads a label evenly over its targets", () => {
  holds(mixedInput, (input) => {
    const { grants } = planAllocation(input);
    for (const label of input.labels) {
      const own = grants.filter((grant) => grant.label === label.name);
      if (label.targets.length === 0) ok(own.every(({ target }) => target === null));
      const gains = label.targets.map(({ name, load }) => {
        const gain = sum(own.filter(({ target }) => target === name).map(({ count }) => count));
        return { gain, load: load + gain };
      });
      for (const { gain, load } of gains) {
        if (gain > 0) ok(gains.every((other) => load <= other.load + 1), "another target had fewer");
      }
      if (label.targets.length > 0) {
        equal(
          sum(gains.map(({ gain }) => gain)),
          sum(own.map(({ count }) => count)),
        );
      }
    }
  });
});

Deno.test("planAllocation() grants a node with subnodes whole, on one provider, or not at all", () => {
  const rooms = fc.record({
    rooms: fc.array(fc.nat(9), { maxLength: 4 }),
    size: fc.integer({ min: 2, max: 4 }),
  });
  fc.assert(fc.property(rooms, ({ rooms, size }) => {
    const result = planAllocation({
      labels: [label("multi", { demand: 100, size, providers: rooms.map((_, at) => `p${at}`) })],
      providers: rooms.map((limit, at) => ({ name: `p${at}`, room: { maxServers: { limit, used: 0 } } })),
    });
    rooms.forEach((room, at) => equal(grantedOn(result, "multi", `p${at}`), Math.floor(room / size)));
  }));
});

Deno.test("planAllocation() gives the same whatever the order of labels, providers and targets", () => {
  const shuffled = mixedInput.chain((input) =>
    fc.record({
      input: fc.constant(input),
      other: fc.record({
        providers: fc.shuffledSubarray([...input.providers], { minLength: input.providers.length }),
        labels: fc.shuffledSubarray(
          input.labels.map((label) => ({ ...label, targets: label.targets.toReversed() })),
          { minLength: input.labels.length },
        ),
      }),
    })
  );
  fc.assert(fc.property(shuffled, ({ input, other }) => {
    deepEqual(planAllocation(input), planAllocation(other));
    deepEqual(planAllocation(input), planAllocation(structuredClone(input)));
  }));
});

Deno.test("planAllocation() accounts for every node asked for, and gives a reason for every one refused", () => {
  holds(mixedInput, (input) => {
    const result = planAllocation(input);
    const [demand, spare] = [granted(input, result, "demand"), granted(input, result, "spare")];
    input.labels.forEach((label, at) => {
      const refusal = result.refusals.find((one) => one.label === label.name);
      equal(demand[at]! + (refusal?.demand ?? 0), label.demand);
      equal(spare[at]! + (refusal?.spare ?? 0), label.spare);
      if (refusal === undefined) return;
      ok(refusal.demand + refusal.spare > 0 && refusal.reasons.length > 0);
    });
  });
});
