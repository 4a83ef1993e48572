/** Every quirk and every personality there is, and what the settings' names of them mean. A new one is a row here. */
import { nearestName } from "../lib/nearest_name.ts";
import type { Quirk } from "./quirk.ts";
import { accessAddresses, noAddressTypes } from "./quirks/addresses.ts";
import { endlessPages } from "./quirks/endless_pages.ts";
import { flavorsWithoutDisk } from "./quirks/flavors_without_disk.ts";
import { gzip } from "./quirks/gzip.ts";
import { loginQuirks } from "./quirks/logins.ts";
import {
  keypairsForbidden,
  limitsForbidden,
  limitsMissing,
  quotasMissing,
  securityGroupsMissing,
  zonesForbidden,
} from "./quirks/narrow_policies.ts";
import {
  dualStack,
  networksById,
  noNeutron,
  publicNetworkOnly,
  secondPortRouted,
} from "./quirks/networks.ts";
import { oddItems, oddServers } from "./quirks/odd_items.ts";
import { noDescriptions, noPaging, oldNova } from "./quirks/old_services.ts";

export const quirkTable: readonly Quirk[] = [
  accessAddresses,
  noAddressTypes,
  networksById,
  publicNetworkOnly,
  noNeutron,
  secondPortRouted,
  dualStack,
  flavorsWithoutDisk,
  limitsForbidden,
  limitsMissing,
  quotasMissing,
  zonesForbidden,
  keypairsForbidden,
  securityGroupsMissing,
  noPaging,
  endlessPages,
  noDescriptions,
  oldNova,
  oddItems,
  oddServers,
  gzip,
  ...loginQuirks,
];

/** A kind of cloud that people know: quirks that go together. */
interface Personality {
  readonly name: string;
  readonly about: string;
  readonly quirks: readonly Quirk[];
}

export const personalities: readonly Personality[] = [
  {
    name: "rackspace",
    about: "Like Rackspace's: servers are reached at their access addresses.",
    quirks: [networksById, dualStack, accessAddresses, noAddressTypes],
  },
  { name: "scs", about: "Like the Sovereign Cloud Stack's.", quirks: [flavorsWithoutDisk] },
  { name: "ovh", about: "Like OVH's.", quirks: [publicNetworkOnly, dualStack] },
  {
    name: "tenant",
    about: "A project with networks of its own, one of which floating IPs lead to.",
    quirks: [secondPortRouted],
  },
  {
    name: "narrow",
    about: "A cloud that tells its users little.",
    quirks: [limitsForbidden, quotasMissing, zonesForbidden, keypairsForbidden],
  },
  { name: "plain-neutron", about: "A cloud with a simple Neutron.", quirks: [noPaging, noDescriptions] },
  { name: "old", about: "A cloud that was not upgraded for years.", quirks: [oldNova, noDescriptions] },
  { name: "odd", about: "A cloud whose lists are not as the manual says.", quirks: [oddItems, oddServers] },
  { name: "gzip", about: "A cloud behind a proxy that compresses.", quirks: [gzip] },
];

/** The manner of a quirky cloud, as its settings name it. */
export interface Manner {
  /** null: the plain OpenStack. */
  readonly personality: string | null;
  /** More of them, besides those of the personality. */
  readonly quirks: string[];
}

/** The quirks of a cloud, each once. Names that are not in the tables are `mannerProblems`' matter. */
export function quirksOf({ personality, quirks }: Manner): readonly Quirk[] {
  const own = personalities.find(({ name }) => name === personality)?.quirks ?? [];
  const single = quirks.flatMap((name) => quirkTable.find((quirk) => quirk.name === name) ?? []);
  return [...new Set([...own, ...single])];
}

/** The problems of the names, each with its place in the settings. */
export function mannerProblems({ personality, quirks }: Manner) {
  const problems = [
    {
      path: ["personality"],
      message: personality === null
        ? null
        : unknown("personality", { name: personality, known: personalities }),
    },
    ...quirks.map((name, index) => ({
      path: ["quirks", index],
      message: unknown("quirk", { name, known: quirkTable }),
    })),
  ];
  return problems.flatMap(({ path, message }) => message === null ? [] : [{ path, message }]);
}

/** null: the name is known. */
function unknown(kind: string, { name, known }: { name: string; known: readonly { name: string }[] }) {
  const names = known.map((one) => one.name);
  if (names.includes(name)) return null;
  const meant = nearestName(name, names);
  const hint = meant === null ? "" : `; did you mean "${meant}"?`;
  return `there is no ${kind} "${name}"${hint}; there are ${names.join(", ")}`;
}

/** Every personality and every quirk with its sentence, as `nodepool simulate --quirks` prints them. */
export function describeQuirks(): string {
  const width = Math.max(...[...personalities, ...quirkTable].map(({ name }) => name.length));
  const line = ({ name, about }: { name: string; about: string }) => `  ${name.padEnd(width)}  ${about}`;
  return [
    "personalities:",
    ...personalities.map(({ name, about, quirks }) =>
      line({ name, about: `${about} (${quirks.map((quirk) => quirk.name).join(", ")})` })
    ),
    "quirks:",
    ...quirkTable.map(line),
  ].join("\n");
}
