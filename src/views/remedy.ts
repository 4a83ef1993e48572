/**
 * The cure for each kind of obstacle: the key, the command or the wait that changes it. Names the configuration's keys by
 * the names of what they belong to (`providers[alpha].images[big].min-ram`).
 */
import type { Config } from "../domain/config.ts";
import { tooManyAdvice } from "../domain/describe_obstacle.ts";
import type { FailedLaunches, Obstacle, ObstacleKind } from "../domain/obstacle.ts";
import type { linkedSections } from "../domain/see_manual.ts";
import type { NodeRecord } from "../domain/node.ts";
import { nearestNames } from "../lib/nearest_name.ts";
import { describeKeeper, projectUse } from "./project_use.ts";

/** The means of a cure: time, somebody who repairs something, or another configuration alone. */
export const cureNames = ["time", "repair", "configuration"] as const;

type Cure = typeof cureNames[number];

export interface Remedy {
  readonly cure: Cure;
  /** null: there is nothing to do but to wait. */
  readonly text: string | null;
  readonly manual: typeof linkedSections[number] | null;
}

/** Where the obstacle stands. */
interface ObstacleSite {
  readonly provider: string | null;
  /** null: it is about no label. */
  readonly label: string | null;
  /** Of the provider's configuration; left out: the label's. */
  readonly image?: string | undefined;
  readonly config: Config | null;
  /** Says who uses the provider's room; left out: not known. */
  readonly pool?: Parameters<typeof projectUse>[1];
}

type Of<Kind extends ObstacleKind> = Extract<Obstacle, { readonly kind: Kind }>;
type Cures = { readonly [Kind in ObstacleKind]: (obstacle: Of<Kind>, site: Site) => Remedy };

export function remedyOf(obstacle: Obstacle, place: ObstacleSite): Remedy {
  const cure = cures[obstacle.kind] as (obstacle: Obstacle, site: Site) => Remedy;
  return cure(obstacle, siteOf(place));
}

const by = (cure: Cure) => (text: string | null = null, manual: Remedy["manual"] = null): Remedy => ({
  cure,
  text,
  manual,
});
const time = by("time");
const repair = by("repair");
const configuration = by("configuration");

const cures: Cures = {
  "no-daemon": () => repair("start it: `nodepool daemon`"),
  "stopping": () => repair("start the daemon again once it has stopped: `nodepool daemon`"),
  "state-doubtful": () => repair("see `nodepool status`", "lost-state"),
  "state-unwritable": () => repair("make room for the state", "disk-full"),
  "first-look": () => time(),
  "retired": (_, site) => configuration(`set ${site.key("max-servers")} to 1 or more`),
  "not-contacted": () => time(),
  "unreachable": (_, site) => time(`try \`${site.openstack("token issue")}\``, "unreachable"),
  "unauthorized": (_, site) =>
    repair(`correct ${site.credentials}; try \`${site.openstack("token issue")}\``, "unreachable"),
  "not-listed": ({ message }, site) =>
    message === null ? time() : time(`try \`${site.openstack("flavor list")}\``, "unreachable"),
  "frozen": () => repair("see `nodepool status`", "two-daemons"),
  "checking": () => time(null, "doubtful"),
  "quota-refused": (_, site) => quotaRemedy(site),
  "no-capacity": () =>
    time("wait until the cloud has room, or name another provider for the label", "capacity"),
  "rate-limited": (_, site) => time(`ask less often: raise ${site.key("rate")}`),
  "forbidden": (_, site) =>
    repair(`give ${site.credentials} the right to create servers; try \`${site.openstack("server list")}\``),
  "no-answer": (_, site) => time(`try \`${site.openstack("server list")}\``, "unreachable"),
  "max-servers": (_, site) => maxServersRemedy(site),
  "label-max-servers": (_, { label }) =>
    time(`raise labels[${label}].max-servers, or release nodes: \`nodepool list --label ${label}\``),
  "quota": (_, site) => quotaRemedy(site),
  "reserved-room": () => time(),
  "paused": pauseRemedy,
  "probing": pauseRemedy,
  "image-not-configured": ({ image }, site) =>
    configuration(
      `add an image ${image} to ${site.key("images")}, or take ${site.name} from the label's providers`,
    ),
  "local-file": () => repair("repair that file; nodepool notices within seconds"),
  "image-missing": (_, site) =>
    repair(
      `correct ${site.imageKey("base-image")}, or upload it: \`${site.openstack("image list")}\``,
      "missing-image",
    ),
  "image-not-looked-up": () => time(),
  "image-not-made": ({ image, diskimage, failures }, site) =>
    failures === 0 ? time(`see \`nodepool explain ${image}\``) : repair(
      diskimage === null
        ? `see \`nodepool image-list --provider ${site.name}\``
        : `read the build's log: \`nodepool dib-image-list --image ${diskimage} -o wide\``,
      "no-image",
    ),
  "image-inactive": (_, site) => time(`see \`${site.openstack("image list")}\``, "missing-image"),
  "flavor-missing": ({ key, wanted, known }, site) => {
    const near = key === "min-ram" ? known.slice(0, NEAREST) : nearestNames(wanted, known, NEAREST);
    const nearest = near.length === 0
      ? ""
      : ` (${key === "min-ram" ? "largest" : "nearest"}: ${near.join(", ")})`;
    return repair(
      `correct ${site.imageKey(key)}${nearest}: \`${site.openstack("flavor list")}\``,
      "missing-flavor",
    );
  },
  "flavor-too-small": (_, site) =>
    repair(
      `choose a larger flavor: ${site.imageKey(site.flavorKey)}`,
      "missing-flavor",
    ),
  "network-missing": ({ wanted, known }, site) => {
    const near = nearestNames(wanted, known, NEAREST);
    const nearest = near.length === 0 ? "" : ` (nearest: ${near.join(", ")})`;
    return repair(
      `correct ${site.key("networks")}${nearest}: \`${site.openstack("network list")}\``,
      "missing-image",
    );
  },
  "networks-not-listed": (_, site) => time(`try \`${site.openstack("network list")}\``, "unreachable"),
  "no-provider": (_, { label }) => configuration(`name a provider in labels[${label}].providers`),
  "provider-not-configured": (_, site) => configuration(`add provider ${site.name} to the configuration`),
  "target-offline": () => time("bring it online, or take it out of `targets`", "no-jobs"),
  "launches-off": () => configuration("start the daemon without --no-launches"),
  "label-not-configured": ({ label }) => configuration(`add label ${label} to the configuration`),
  "label-disabled": (_, { label }) => configuration(`set labels[${label}].min-ready to 0 or more`),
  "too-many": (obstacle) => {
    const advice = tooManyAdvice(obstacle);
    return obstacle.limit === "quota" ? repair(advice, "quota") : configuration(advice);
  },
  "kept-for-request": () => time(),
  "client-away": () => time(),
  "withheld": () => time(),
  "turn": () => time(),
  "building": ({ failed }, site) => failed === null ? time() : pauseRemedy(failed, site),
  "step": () => time(),
  "server-gone": ({ held }) =>
    repair(`when nobody needs it any more, delete it: \`nodepool delete ${held}\``, "doubtful"),
  "may-be-in-use": ({ nodeId }) =>
    repair(
      `find out, then \`nodepool release ${nodeId}\` or \`nodepool delete ${nodeId}\``,
      "restored-state",
    ),
  "image-failed": () => repair("see `nodepool image-list` and `nodepool dib-image-list`", "no-image"),
};

export const obstacleKinds = Object.keys(cures) as readonly ObstacleKind[];

/** Names that a remedy lists. */
const NEAREST = 3;

function quotaRemedy(site: Site): Remedy {
  const { kept, others } = site.use() ?? { kept: [], others: null };
  const ways = [
    ...(others === 0 ? [] : [`delete what uses it (\`nodepool alien-list ${site.name}\`)`]),
    `have it raised (\`${site.openstack("quota show")}\`)`,
    ...(kept.length === 0 ? [] : [`release ${keptText(kept)}`]),
    ...minReadyWays(site),
  ];
  return time(ways.join(", or "), "quota");
}

function maxServersRemedy(site: Site): Remedy {
  const kept = site.use()?.keptHere ?? [];
  const which = kept.length === 0 ? "nodes" : keptText(kept);
  const ways = [
    `raise max-servers of ${site.name}`,
    ...minReadyWays(site),
    `release ${which}: \`nodepool list --provider ${site.name}\``,
  ];
  return time(ways.join(", or "));
}

/** Nodes that other labels keep ready are given up for no request: `lower min-ready of big (2 ready nodes there)`. */
function minReadyWays({ label: own, use, config }: Site): string[] {
  const readyHere = use()?.readyHere;
  return (config?.labels ?? []).flatMap(({ name, minReady }) => {
    const ready = readyHere?.get(name) ?? 0;
    if (name === own || minReady <= 0 || ready === 0) return [];
    return [`lower min-ready of ${name} (${ready} ready ${ready === 1 ? "node" : "nodes"} there)`];
  });
}

/** `node 4 (used by job gate/unit), node 5 (held by maria), or one of 7 more`. */
function keptText(kept: readonly NodeRecord[]): string {
  const named = kept.slice(0, NEAREST).map((node) => `node ${node.id} (${describeKeeper(node)})`);
  const more = kept.length - named.length;
  return [...named, ...(more === 0 ? [] : [`one of ${more} more`])].join(" or ");
}

function pauseRemedy({ lastKind }: Pick<FailedLaunches, "lastKind">, site: Site): Remedy {
  switch (lastKind) {
    case "ssh":
      return time(`make username, private-key and key-name of ${site.imageKey()} fit together`, "login");
    case "badRequest":
    case "notFound":
      return time(`correct ${site.imageKey()}`, "paused");
    case "script":
      return time(`correct the ready-script of ${site.label}`, "paused");
    default:
      return time(
        site.label === ""
          ? "see `nodepool image-list`"
          : `see \`nodepool list --label ${site.label} -o wide\``,
        "paused",
      );
  }
}

type Site = ReturnType<typeof siteOf>;

/** Names for what stands at the place. */
function siteOf({ provider, label, image: own, config, pool }: ObstacleSite) {
  const name = provider ?? "";
  const configured = config?.providers.find((one) => one.name === provider);
  const wanted = own ?? config?.labels.find((one) => one.name === label)?.image;
  const image = configured?.images.find((one) => one.name === wanted);
  const cloud = configured?.access.name ?? name;
  const key = (key: string) => `providers[${name}].${key}`;
  return {
    name,
    label: label ?? "",
    config,
    /** `providers[alpha].max-servers` */
    key,
    /** `providers[alpha].images[big].min-ram` */
    imageKey: (part?: string) => key(`images[${image?.name ?? ""}]`) + (part === undefined ? "" : `.${part}`),
    /** The key that says which flavor is meant. */
    flavorKey: (image?.flavorName ?? null) === null ? "min-ram" : "flavor-name",
    credentials: `the credentials of cloud ${cloud}`,
    /** `openstack --os-cloud alpha flavor list` */
    openstack: (command: string) => `openstack --os-cloud ${cloud} ${command}`,
    /** undefined: not known. */
    use: () => pool && projectUse(name, pool),
  };
}
