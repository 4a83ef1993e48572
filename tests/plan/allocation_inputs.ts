/** Inputs for allocation tests: builders for examples, arbitraries for properties. */
import fc from "fast-check";
import type { AllocationInput, LabelAsk, Offer, ProviderRoom } from "../../src/plan/allocation_types.ts";

/** A label that wants `demand` nodes of one server each from providers where a server costs nothing but its place. */
export function label(
  name: string,
  ask: Partial<LabelAsk> & { readonly providers?: readonly string[] } = {},
): LabelAsk {
  const { providers = [], ...rest } = ask;
  return {
    name,
    demand: 0,
    spare: 0,
    size: 1,
    cap: null,
    served: 0,
    offers: providers.map((provider) => ({ provider, cost: {} })),
    targets: [],
    ...rest,
  };
}

export function provider(name: string, free: number, room: ProviderRoom["room"] = {}): ProviderRoom {
  return { name, room: { maxServers: { limit: free + 3, used: 3 }, ...room } };
}

const LABELS = ["ann", "bob", "cid"];
const PROVIDERS = ["east", "north", "west"];

const target = fc.record({ name: fc.constantFrom("t1", "t2", "t3"), load: fc.nat(6) });
const common = {
  demand: fc.nat(4),
  served: fc.constantFrom(0, 0, 0.5, 1, 2),
  targets: fc.uniqueArray(target, { selector: ({ name }) => name, maxLength: 3 }),
};

/** Nodes of one server, providers that only their number of servers limits, no caps: where an optimum is known. */
export const countedInput: fc.Arbitrary<AllocationInput> = inputOf(
  fc.record({ ...common, spare: fc.nat(3), size: fc.constant(1), cap: fc.constant(null) }),
  {
    offer: (provider): fc.Arbitrary<Offer> =>
      fc.oneof(
        { arbitrary: fc.constant({ provider, cost: { cores: 1 } }), weight: 4 },
        { arbitrary: fc.constant({ provider, refusal: { kind: "checking" } as const }), weight: 1 },
      ),
    room: fc.nat(6).map((free) => ({ maxServers: { limit: free + 1, used: 1 } })),
  },
);

/** Nodes of several servers that take cores and RAM, caps, limits already exceeded, limits that are not there. */
export const mixedInput: fc.Arbitrary<AllocationInput> = inputOf(
  fc.record({
    ...common,
    spare: fc.nat(3),
    size: fc.integer({ min: 1, max: 3 }),
    cap: fc.option(fc.record({ limit: fc.nat(8), used: fc.nat(4) })),
  }),
  {
    offer: (provider): fc.Arbitrary<Offer> =>
      fc.oneof(
        {
          arbitrary: fc.record({ cores: fc.nat(4), ramMib: fc.constantFrom(512, 1024, 4096) })
            .map((cost) => ({ provider, cost })),
          weight: 5,
        },
        { arbitrary: fc.constant({ provider, refusal: { kind: "checking" } as const }), weight: 1 },
      ),
    room: fc.record({
      maxServers: use(10),
      instances: use(12),
      cores: use(20),
      ramMib: use(16_384),
    }, { requiredKeys: ["maxServers"] }),
  },
);

function use(most: number) {
  const limit = fc.oneof({ arbitrary: fc.nat(most), weight: 6 }, {
    arbitrary: fc.constant(Infinity),
    weight: 1,
  });
  return fc.record({ limit, used: fc.nat(Math.floor(most / 4)) });
}

function inputOf(
  ask: fc.Arbitrary<Omit<LabelAsk, "name" | "offers">>,
  { offer, room }: {
    offer: (provider: string) => fc.Arbitrary<Offer>;
    room: fc.Arbitrary<ProviderRoom["room"]>;
  },
): fc.Arbitrary<AllocationInput> {
  const labelNamed = (name: string) =>
    fc.tuple(ask, fc.subarray(PROVIDERS).chain((names) => fc.tuple(...names.map(offer))))
      .map(([rest, offers]) => ({ ...rest, name, offers }));
  return fc.record({
    labels: fc.tuple(...LABELS.map(labelNamed)).chain((all) => fc.subarray(all)),
    providers: fc.tuple(...PROVIDERS.map((name) => room.map((limits) => ({ name, room: limits })))),
  });
}
