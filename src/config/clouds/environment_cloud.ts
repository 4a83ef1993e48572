/** The cloud that `OS_*` variables describe, named `envvars` or what `OS_CLOUD_NAME` says. */
import type { Environment } from "../environment.ts";
import { cloudDefaults, type Settings } from "./settings.ts";

/** Variables that choose a cloud or a file and describe none. */
const SELECTORS = [
  "OS_CLOUD",
  "OS_REGION_NAME",
  "OS_CLIENT_CONFIG_FILE",
  "OS_CLIENT_SECURE_FILE",
  "OS_CLOUD_NAME",
];

/** Variables of OpenStack's own test tools. */
const FOREIGN = ["OS_TEST", "OS_STD", "OS_LOG"];

export interface EnvironmentCloud {
  readonly name: string;
  /** Null where the variables describe no cloud. */
  readonly settings: Settings | null;
  /** The value of `OS_CLOUD`. */
  readonly chosen: string | null;
  /** The values of `OS_FORCE_IPV4` and `OS_PREFER_IPV6` for every cloud; undefined: not set. */
  readonly forceIpv4: string | undefined;
  readonly preferIpv6: string | undefined;
}

export function environmentCloud(environment: Environment): EnvironmentCloud {
  const variables = Object.entries(environment.envWithPrefix("OS_"))
    .filter(([name]) => !FOREIGN.some((prefix) => name.startsWith(prefix)));
  const described = variables.some(([name]) => !SELECTORS.includes(name));
  const settings = cloudDefaults();
  for (const [name, value] of variables) settings[name.slice("OS_".length).toLowerCase()] = value;
  return {
    name: environment.env("OS_CLOUD_NAME") ?? "envvars",
    settings: described ? settings : null,
    chosen: environment.env("OS_CLOUD") || null,
    forceIpv4: environment.env("OS_FORCE_IPV4"),
    preferIpv6: environment.env("OS_PREFER_IPV6"),
  };
}
