/** Clouds and configurations in which something stands in the way of a launch, or only looks as if it did. */
import { stringify } from "yaml";
import { loginQuirks } from "../../src/simulator/quirks/logins.ts";
import { quirkTable } from "../../src/simulator/quirk_table.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";

type Cloud = NonNullable<SimulatorInput["clouds"]>[number];
type Rules = NonNullable<SimulatorInput["faults"]>;

/** What a pool with two labels, `small` and `big`, on the cloud `main` is to be like. */
interface Draft {
  cloud: Cloud;
  faults: Rules;
  /** Keys of the provider, and of its image that `small` is booted from. */
  provider: Record<string, unknown>;
  image: Record<string, unknown>;
  /** Private keys that cannot be read, and scripts that are not there, by the end of their paths. */
  unreadable: Set<string>;
}

export interface Break {
  readonly name: string;
  apply(draft: Draft): void;
}

const forever = { probability: 1, effect: false } as const;

const singles: readonly Break[] = [
  { name: "a flavor of another name", apply: ({ image }) => image["flavor-name"] = "m1.smal" },
  { name: "a flavor that is there", apply: ({ image }) => image["flavor-name"] = "m1.medium" },
  { name: "more memory than any flavor has", apply: ({ image }) => image["min-ram"] = 999_999 },
  { name: "no flavor with the filter's word", apply: ({ image }) => image["name-filter"] = "Performance" },
  { name: "an image of another name", apply: ({ image }) => image["base-image"] = "debian-21" },
  {
    name: "an image that is still queued",
    apply: ({ cloud }) => cloud.images = [{ name: "debian-12", status: "queued" }, { name: "debian-13" }],
  },
  {
    name: "an image to be prepared, on one that is not there",
    apply: ({ image }) => Object.assign(image, { "base-image": "nothing", setup: "prepare.sh" }),
  },
  { name: "a network of another name", apply: ({ provider }) => provider.networks = [{ name: "privat" }] },
  { name: "a network that is there", apply: ({ provider }) => provider.networks = [{ name: "private" }] },
  {
    name: "several networks, none of them named",
    apply: ({ cloud }) =>
      cloud.networks = [{ name: "private" }, { name: "b" }, { name: "public", external: true }],
  },
  { name: "a zone that is not there", apply: ({ provider }) => provider["availability-zones"] = ["az9"] },
  { name: "a zone that is there", apply: ({ provider }) => provider["availability-zones"] = ["az1"] },
  { name: "a keypair that is not there", apply: ({ provider }) => provider.keypair = "nobodys" },
  {
    name: "a security group that is not there",
    apply: ({ provider }) => provider["security-groups"] = ["open"],
  },
  {
    name: "a security group that is there",
    apply: ({ provider }) => provider["security-groups"] = ["default"],
  },
  { name: "no quota of servers", apply: ({ cloud }) => cloud.quotas = { ...cloud.quotas, instances: 0 } },
  { name: "no quota of cores", apply: ({ cloud }) => cloud.quotas = { ...cloud.quotas, cores: 0 } },
  {
    name: "a quota for small servers only",
    apply: ({ cloud }) => cloud.quotas = { ...cloud.quotas, ram: 1024 },
  },
  {
    name: "less quota than max-servers",
    apply: ({ cloud }) => cloud.quotas = { ...cloud.quotas, instances: 4 },
  },
  { name: "floating IPs", apply: ({ provider }) => provider.pool = "public" },
  {
    name: "floating IPs from a network that is not there",
    apply: ({ provider }) => provider.pool = "ext-net",
  },
  {
    name: "no quota of floating IPs, which nodes need without a pool too",
    apply: ({ cloud }) => cloud.quotas = { ...cloud.quotas, floatingIps: 0 },
  },
  {
    name: "no quota of floating IPs",
    apply: ({ provider, cloud }) => {
      provider.pool = "public";
      cloud.quotas = { ...cloud.quotas, floatingIps: 0 };
    },
  },
  {
    name: "an image to be prepared, with a script that is not there",
    apply: ({ image, unreadable }) => unreadable.add(String(image.setup = "nothing.sh")),
  },
  { name: "an image to be prepared", apply: ({ image }) => image.setup = "prepare.sh" },
  {
    name: "a private key that cannot be read",
    apply: ({ image, unreadable }) => unreadable.add(String(image["private-key"] = "/other-key")),
  },
  {
    name: "a password that is wrong",
    apply: ({ faults }) => faults.push({ ...forever, fault: 22, cloud: "main", operation: "token.create" }),
  },
  ...(["compute", "network", "image"] as const).map((service): Break => ({
    name: `the ${service} service down`,
    apply: ({ faults }) => faults.push({ ...forever, fault: 23, cloud: "main", service }),
  })),
];

/** Each that there is, the quirks of the simulator's clouds included; those of servers show only once there are some. */
export const breaks: readonly Break[] = [
  ...singles,
  ...quirkTable.filter((quirk) => !(quirk.name in loginQuirks)).map(({ name }): Break => ({
    name: `the quirk ${name}`,
    apply: ({ cloud }) => cloud.quirks = [...cloud.quirks ?? [], name],
  })),
];

/** @param options `scriptDir`: a folder that there is; null: none is named */
export function brokenCloud(
  chosen: readonly Break[],
  { scriptDir = null }: { scriptDir?: string | null } = {},
) {
  const image = (name: string, base: string) => ({
    name,
    "base-image": base,
    "min-ram": 512,
    username: "debian",
    "private-key": "/key",
    "connection-port": 2222,
  });
  const draft: Draft = {
    cloud: { name: "main" },
    faults: [],
    provider: {},
    image: image("debian", "debian-12"),
    unreadable: new Set(),
  };
  for (const { apply } of chosen) apply(draft);
  const provider = (name: string, more: object, images: object[]) => ({
    name,
    cloud: name,
    "max-servers": 6,
    rate: 0,
    ...more,
    images,
  });
  const label = (name: string, image: string, provider = "main") => ({
    name,
    image,
    "min-ready": 1,
    providers: [{ name: provider }],
  });
  const config = {
    "images-dir": "/images",
    "build-log-dir": "/logs",
    ...(scriptDir === null ? {} : { "script-dir": scriptDir }),
    labels: [label("small", "debian"), label("big", "other"), label("elsewhere", "debian", "healthy")],
    providers: [
      provider("main", draft.provider, [draft.image, image("other", "debian-13")]),
      provider("healthy", {}, [image("debian", "debian-12")]),
    ],
  };
  return {
    config: stringify(config),
    clouds: [draft.cloud, { name: "healthy" }],
    faults: draft.faults,
    isThere: (path: string) => ![...draft.unreadable].some((end) => path.endsWith(end)),
  };
}
