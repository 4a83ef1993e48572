/**
 * Every manner that a simulated cloud can have: the personalities and the quirks of the simulator's own tables, so that a
 * new one is covered without anybody remembering, with what a configuration says on such a cloud.
 */
import { personalities, quirkTable } from "../../src/simulator/quirk_table.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";

export interface Manner {
  /** `the personality rackspace`, `the quirk gzip`. */
  readonly name: string;
  readonly cloud: Pick<NonNullable<SimulatorInput["clouds"]>[number], "personality" | "quirks">;
  /** Lines of YAML that a provider has there. */
  readonly provider: readonly string[];
  /** What nodes there wait for in vain; null: they become ready. */
  readonly hindrance: RegExp | null;
}

/** By quirk: which of the networks is meant, where there are several. */
const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  "networks-by-id": [
    "networks: [{net-id: 00000000-0000-0000-0000-000000000000, public: true}, {net-id: 11111111-1111-1111-1111-111111111111}]",
  ],
  "public-network-only": ["networks: [{name: Ext-Net, public: true}]"],
  "second-port-routed": ["pool: public", "networks: [{name: storage}, {name: tenant}]"],
};

/** By quirk: what must be said, since nothing that logs in can get by with it. */
const HINDRANCES: Readonly<Record<string, RegExp>> = {
  "ssh-keyboard-interactive":
    /requires keyboard-interactive in addition to or instead of the key.*; set "AuthenticationMethods publickey"/,
  "ssh-sha1-only": /offers only key exchange with SHA-1 .*; update it, or add curve25519-sha256/,
  "ssh-post-quantum-only": /offers only post-quantum key exchange .*; add curve25519-sha256/,
};

export const manners: readonly Manner[] = [
  ...personalities.map(({ name, quirks }) => ({
    name: `the personality ${name}`,
    cloud: { personality: name },
    ...mannerOf(quirks),
  })),
  ...quirkTable.map(({ name }) => ({
    name: `the quirk ${name}`,
    cloud: { quirks: [name] },
    ...mannerOf([name]),
  })),
];

function mannerOf(quirks: readonly string[]): Pick<Manner, "provider" | "hindrance"> {
  return {
    provider: quirks.flatMap((name) => PROVIDERS[name] ?? []),
    hindrance: quirks.map((name) => HINDRANCES[name]).find((found) => found !== undefined) ?? null,
  };
}
