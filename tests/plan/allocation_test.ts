import { deepEqual, equal, ok } from "node:assert/strict";
import { planAllocation } from "../../src/plan/allocation.ts";
import type { AllocationInput } from "../../src/plan/allocation_types.ts";
import { takeTurns, type Turns, turnsAfter } from "../../src/plan/turns.ts";
import { label, provider } from "./allocation_inputs.ts";
import { NOW, told } from "./plan_fixtures.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { granted, grantedOn, sum } from "./allocation_oracle.ts";

Deno.test("planAllocation() moves one label's nodes so that another that has no choice fits too", () => {
  const input = {
    labels: [
      label("ann", { demand: 2, providers: ["east", "west"] }),
      label("bob", { demand: 2, providers: ["north", "west"] }),
      label("cid", { demand: 2, providers: ["east", "north"] }),
    ],
    providers: [provider("east", 2), provider("north", 4), provider("west", 0)],
  };
  deepEqual(granted(input, planAllocation(input)), [2, 2, 2]);
});

Deno.test("planAllocation() gives a contested provider to the label that has no other", () => {
  const input = {
    labels: [
      label("any", { demand: 10, providers: ["east", "west"] }),
      label("only", { demand: 10, providers: ["west"] }),
    ],
    providers: [provider("east", 3), provider("west", 10)],
  };
  deepEqual(granted(input, planAllocation(input)), [3, 10]);
});

Deno.test("planAllocation() does not count a full or refusing provider as a choice", () => {
  const input = {
    labels: [
      label("one", { demand: 6, providers: ["east"] }),
      label("three", {
        demand: 6,
        offers: [
          { provider: "east", cost: {} },
          { provider: "full", cost: {} },
          { provider: "west", refusal: { kind: "image-missing", image: "noble" } },
        ],
      }),
    ],
    providers: [provider("east", 6), provider("full", 0), provider("west", 50)],
  };
  deepEqual(granted(input, planAllocation(input)), [3, 3]);
});

Deno.test("planAllocation() shares a provider in proportion to what labels ask for", () => {
  const input = {
    labels: [60, 30, 10].map((demand, at) => label(`label-${at}`, { demand, providers: ["east"] })),
    providers: [provider("east", 20)],
  };
  deepEqual(granted(input, planAllocation(input)), [12, 6, 2]);
});

Deno.test("planAllocation() serves the label that was given least before its equals", () => {
  const input = {
    labels: [
      label("calm", { demand: 50, providers: ["east"], served: 1 }),
      label("hungry", { demand: 2, providers: ["east"], served: 0.5 }),
      label("hungrier", { demand: 2, providers: ["east"], served: 0 }),
    ],
    providers: [provider("east", 3)],
  };
  const result = planAllocation(input);
  deepEqual(granted(input, result), [0, 1, 2]);
  deepEqual(result.refusals.map(({ label, demand }) => ({ label, demand })), [
    { label: "calm", demand: 50 },
    { label: "hungry", demand: 1 },
  ]);
});

Deno.test("planAllocation() lets no equal starve for ever, whatever the others ask for", () => {
  const served = new Map<string, number>();
  let turns: Turns = new Map();
  for (let tick = 0; tick < 1_011; tick++) {
    const labels = ["huge", "small", "tiny"].map((name, at) =>
      label(name, { demand: [1_000, 10, 1][at]!, providers: ["east"] })
    );
    const { grants, after } = planRound({ labels, providers: [provider("east", 1)] }, turns);
    turns = after;
    for (const grant of grants) served.set(grant.label, (served.get(grant.label) ?? 0) + grant.count);
  }
  deepEqual([...served].sort(), [["huge", 1_000], ["small", 10], ["tiny", 1]]);
});

/** One planning, and how the labels stand after it. */
function planRound({ labels, providers }: AllocationInput, turns: Turns) {
  const asks = takeTurns(labels, turns);
  const { grants, refusals } = planAllocation({ labels: asks, providers });
  const short = new Set(refusals.filter(({ demand }) => demand > 0).map(({ label }) => label));
  return { grants, refusals, after: turnsAfter(asks, { short, keeping: new Set(), grants, turns, now: 0 }) };
}

/**
 * Rounds in which each of eight labels asks for so many nodes, of two providers with one place each: the first and the
 * last label can only be had from one of them. @returns the labels that got nodes, by round
 */
function contest(asked: number, rounds: number): string[][] {
  let turns: Turns = new Map();
  const names = Array.from({ length: 8 }, (_, at) => `label${at + 1}`);
  return Array.from({ length: rounds }, () => {
    const labels = names.map((name, at) => {
      const providers = at === 0 ? ["east"] : at === 7 ? ["west"] : ["east", "west"];
      return label(name, { demand: asked, providers });
    });
    const providers = [provider("east", 1), provider("west", 1)];
    const { grants, after } = planRound({ labels, providers }, turns);
    turns = after;
    return grants.map(({ label: name }) => name);
  });
}

const everybody = Array.from({ length: 8 }, (_, at) => `label${at + 1}`);

for (
  const [asks, asked] of [["one node each (fixed_even)", 1], ["20 nodes each (over_subscribed)", 20]] as const
) {
  Deno.test(`labels that only one provider has and labels that both have take turns when all ask for ${asks}`, () => {
    const rounds = contest(asked, 16);
    ok(rounds.every(({ length }) => length === 2), "no place stays empty");
    deepEqual(rounds[0], ["label1", "label8"], "at first those that have no choice");
    for (const name of everybody) {
      const turns = rounds.flatMap((got, at) => (got.includes(name) ? [at] : []));
      ok(turns.length >= 3, `${name} has ${turns.length} turns of 32`);
      ok(
        [...turns, 16].every((turn, at) => turn - (turns[at - 1] ?? -1) <= 7),
        `${name} waits too long: ${turns}`,
      );
    }
  });
}

Deno.test("planAllocation() spreads a label in proportion to the room of its providers", () => {
  const result = planAllocation({
    labels: [label("ann", { demand: 15, providers: ["east", "north", "west"] })],
    providers: [provider("east", 30), provider("north", 20), provider("west", 100)],
  });
  deepEqual(["east", "north", "west"].map((name) => grantedOn(result, "ann", name)), [3, 2, 10]);
});

Deno.test("planAllocation() launches where there is no limit at all", () => {
  const result = planAllocation({
    labels: [label("ann", { demand: 30, providers: ["bounded", "open"] })],
    providers: [{ name: "open", room: {} }, provider("bounded", 15)],
  });
  deepEqual([grantedOn(result, "ann", "open"), grantedOn(result, "ann", "bounded")], [20, 10]);
});

Deno.test("planAllocation() evens out targets, counting the nodes that they have", () => {
  const { grants } = planAllocation({
    labels: [label("ann", {
      demand: 6,
      spare: 1,
      providers: ["east"],
      targets: [{ name: "jenkins01", load: 4 }, { name: "jenkins02", load: 0 }, {
        name: "jenkins03",
        load: 2,
      }],
    })],
    providers: [provider("east", 10)],
  });
  deepEqual(grants.map(({ target, purpose, count }) => ({ target, purpose, count })), [
    { target: "jenkins02", purpose: "demand", count: 4 },
    { target: "jenkins03", purpose: "demand", count: 2 },
    { target: "jenkins01", purpose: "spare", count: 1 },
  ]);
});

Deno.test("planAllocation() serves the demand of all labels before anybody's spare nodes", () => {
  const input = {
    labels: [
      label("ann", { demand: 1, spare: 10, providers: ["east"] }),
      label("bob", { demand: 5, spare: 2, providers: ["east", "west"] }),
    ],
    providers: [provider("east", 8), provider("west", 0)],
  };
  const result = planAllocation(input);
  deepEqual(granted(input, result, "demand"), [1, 5]);
  deepEqual(granted(input, result, "spare"), [2, 0]);
});

Deno.test("planAllocation() never splits a node with subnodes over providers", () => {
  const result = planAllocation({
    labels: [label("multi", { demand: 3, size: 3, providers: ["east", "west"] })],
    providers: [provider("east", 5), provider("west", 2)],
  });
  deepEqual(result.grants, [
    { label: "multi", provider: "east", target: null, purpose: "demand", count: 1 },
  ]);
});

const paused = {
  kind: "paused",
  failures: 3,
  lastError: "no login",
  lastKind: "ssh",
  since: NOW,
  until: NOW + MINUTE,
} as const;

Deno.test("planAllocation() says what is full, paused, capped or missing", () => {
  const { refusals } = planAllocation({
    labels: [
      label("capped", { demand: 5, providers: ["roomy"], cap: { limit: 4, used: 3 } }),
      label("lost", { demand: 1 }),
      label("ann", {
        demand: 4,
        spare: 2,
        offers: [
          { provider: "servers", cost: {} },
          { provider: "cores", cost: { cores: 4, ramMib: 1024 } },
          { provider: "paused", refusal: paused },
          { provider: "gone", cost: {} },
        ],
      }),
    ],
    providers: [
      provider("roomy", 20),
      provider("paused", 20),
      { name: "servers", room: { maxServers: { limit: 10, used: 9 } } },
      {
        name: "cores",
        room: {
          maxServers: { limit: 10, used: 1 },
          instances: { limit: 3, used: 3 },
          cores: { limit: 40, used: 38 },
        },
      },
    ],
  });
  deepEqual(refusals.map(({ reasons, ...rest }) => ({ ...rest, reasons: told(reasons) })), [
    {
      label: "ann",
      demand: 3,
      spare: 2,
      reasons: [
        { provider: "servers", reason: "max-servers 10/10" },
        {
          provider: "cores",
          reason: "quota full: instances 3/3, cores 38/40 (4 needed) (see: nodepool manual quota)",
        },
        {
          provider: "paused",
          reason: "paused until 03:05:05 UTC after 3 failed launches in a row: no login",
        },
        { provider: "gone", reason: "no such provider" },
      ],
    },
    {
      label: "capped",
      demand: 4,
      spare: 0,
      reasons: [{ provider: null, reason: "the label's max-servers 4/4" }],
    },
    {
      label: "lost",
      demand: 1,
      spare: 0,
      reasons: [{ provider: null, reason: "no provider offers it" }],
    },
  ]);
});

Deno.test("planAllocation() gives nothing where more is used than the limit allows", () => {
  const { grants, refusals } = planAllocation({
    labels: [label("ann", { demand: 1, providers: ["east"] })],
    providers: [{ name: "east", room: { maxServers: { limit: 5, used: 7 } } }],
  });
  deepEqual(grants, []);
  deepEqual(told(refusals[0]!.reasons), [{ provider: "east", reason: "max-servers 7/5" }]);
});

Deno.test("planAllocation() copes with 100 labels, 20 providers and a million nodes asked for", () => {
  const providers = Array.from({ length: 20 }, (_, at) => provider(`p${at}`, 500));
  const labels = Array.from({ length: 100 }, (_, at) =>
    label(`label-${at}`, {
      demand: 10_000,
      providers: [0, 1, 2, 3].map((step) => `p${(at * 7 + step * 3) % 20}`),
    }));
  const input = { labels, providers };
  const counts = granted(input, planAllocation(input));
  equal(sum(counts), 10_000);
  ok(counts.every((count) => count === 100), `${counts}`);
});

Deno.test("planAllocation() has nothing to say where nothing is asked for", () => {
  deepEqual(planAllocation({ labels: [], providers: [] }), { grants: [], refusals: [] });
  const idle = { labels: [label("ann", { providers: ["east"] })], providers: [provider("east", 5)] };
  deepEqual(planAllocation(idle), { grants: [], refusals: [] });
});
