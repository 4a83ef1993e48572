/**
 * Checks of the simulator's settings that a schema cannot make: names and numbers that stand for something which is
 * not there, or for two things. Pure; `completeSettings`, the settings file and the fault board call it.
 */
import { faultCatalogue } from "./fault_catalogue.ts";
import { matchesPattern } from "./pattern.ts";
import { mannerProblems } from "./quirk_table.ts";
import type { CloudSettings, FaultRule, SimulatorSettings } from "./settings.ts";

export interface SettingsProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export function settingsProblems({ clouds, faults }: SimulatorSettings): readonly SettingsProblem[] {
  const names = clouds.map(({ name }) => name);
  const subnets = new Set<string>();
  return [
    ...clouds.flatMap((cloud, index) =>
      [
        ...nameProblems(cloud.name, names.slice(0, index)),
        ...(["flavors", "images", "networks"] as const).flatMap((kind) => twice(cloud, kind)),
        ...subnetProblems(cloud, subnets),
        ...mannerProblems(cloud),
      ].map(below("clouds", index))
    ),
    ...faults.flatMap((rule, index) => ruleProblems(rule, names).map(below("faults", index))),
  ];
}

/** @param clouds the names of those there are */
export function ruleProblems(rule: FaultRule, clouds: readonly string[]): readonly SettingsProblem[] {
  const { fault, operation, cloud, after, until } = rule;
  const problems: SettingsProblem[] = [];
  const tell = (key: keyof FaultRule, message: string) => problems.push({ path: [key], message });
  if (!faultCatalogue.has(fault)) {
    const known = [...faultCatalogue.keys()].join(", ");
    tell("fault", `fault ${fault} is not in the simulator's catalogue; it has ${known}`);
  }
  for (const pattern of operation?.split(" ") ?? []) {
    if (simulatedOperations.some((one) => matchesPattern(pattern, one))) continue;
    tell("operation", `no operation matches ${pattern}; there are ${operationsLike(pattern).join(", ")}`);
  }
  if (cloud !== null && !clouds.includes(cloud)) {
    tell("cloud", `there is no cloud ${cloud}; there is ${clouds.join(", ")}`);
  }
  if (until !== null && until <= after) tell("until", "the window is over before it begins");
  return problems;
}

/** Those of the pattern's subject, or all subjects. */
function operationsLike(pattern: string): readonly string[] {
  const subject = pattern.split(".")[0];
  const own = simulatedOperations.filter((one) => one.startsWith(`${subject}.`));
  return own.length > 0 ? own : [...new Set(simulatedOperations.map((one) => one.replace(/\..*/, ".*")))];
}

/** The first part of a path names a service or a cloud. */
const RESERVED = new Set(["identity", "compute", "network", "image", "_simulator"]);

function nameProblems(name: string, others: readonly string[]): SettingsProblem[] {
  const message = others.includes(name)
    ? `another cloud is named ${name}; give each its own name`
    : RESERVED.has(name)
    ? `${name} is the path of a service; choose another name`
    : null;
  return message === null ? [] : [{ path: ["name"], message }];
}

/** Ids come from names where none are given. */
function twice(cloud: CloudSettings, kind: "flavors" | "images" | "networks"): SettingsProblem[] {
  const noun = kind.slice(0, -1);
  return cloud[kind].flatMap(({ name, id }, index) => {
    const before = cloud[kind].slice(0, index);
    if (id !== null && before.some((other) => other.id === id)) {
      return [{ path: [kind, index, "id"], message: `another ${noun} has the id ${id}; give each its own` }];
    }
    if (id !== null || !before.some((other) => other.name === name && other.id === null)) return [];
    const message = `another ${noun} is named ${name}; give each its own name, or id`;
    return [{ path: [kind, index, "name"], message }];
  });
}

/** @param taken by the networks before; those of this cloud are added */
function subnetProblems({ networks }: CloudSettings, taken: Set<string>): SettingsProblem[] {
  return networks.flatMap(({ subnet }, index) => {
    if (subnet === null) return [];
    const message = `another network has ${subnet}; give each its own`;
    const problems = taken.has(subnet) ? [{ path: ["networks", index, "subnet"], message }] : [];
    taken.add(subnet);
    return problems;
  });
}

function below(...above: (string | number)[]): (problem: SettingsProblem) => SettingsProblem {
  return ({ path, message }) => ({ path: [...above, ...path], message });
}

/**
 * The names of all operations that the simulated services know: what the patterns of fault rules are held against, so
 * that one that fits nothing is reported. A test reaches each of them, and no other.
 */
const verbs = {
  catalog: "list",
  domain: "list",
  extension: "list show",
  flavor: "list show specs",
  floatingip: "create delete list show update",
  image: "create delete download list show update upload",
  keypair: "create delete list show",
  limits: "show",
  member: "list",
  metadata: "delete list replace set show update",
  network: "list show",
  port: "create delete list show",
  project: "list show",
  quota: "show",
  schema: "show",
  securitygroup: "list show",
  server: "action addresses create delete interfaces list show snapshot",
  subnet: "list show",
  token: "create delete show",
  version: "list show",
  zone: "list",
};

/** `server.create`, `image.upload`, … */
export const simulatedOperations: readonly string[] = Object.entries(verbs).flatMap(([subject, all]) =>
  all.split(" ").map((verb) => `${subject}.${verb}`)
);
