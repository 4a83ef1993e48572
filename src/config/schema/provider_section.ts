/** `providers[]`: the clouds that servers come from. */
import type { CloudAccess } from "../../domain/cloud_access.ts";
import type { NetworkConfig, ProviderConfig } from "../../domain/config.ts";
import { imageNameFields } from "../../domain/name_fields.ts";
import * as v from "valibot";
import {
  amountMap,
  described,
  duration,
  flag,
  former,
  integer,
  list,
  maybe,
  nameText,
  optional,
  secret,
  template,
  text,
  url,
} from "./fields.ts";
import { providerImageConfig, providerImageSection } from "./provider_image_section.ts";
import { fieldsOf, section } from "./section.ts";

const networkSection = section({
  name: maybe(text(), "Name of the network."),
  public: optional(flag(), false, "Its addresses can be reached, so no floating IP is needed."),
  "net-id": maybe(text(), "Id of the network, instead of its name."),
  "net-label": maybe(text(), "Name of the network, as older files say it."),
}, { anyOf: [{ required: ["name"] }, { required: ["net-id"] }, { required: ["net-label"] }] });

/** Nodepool of 2016 took this for a cloud of its own, for tests. A name of this ending never resolves. */
export const NO_CLOUD = "http://fake.invalid/v3";

const loginEntries = {
  username: maybe(text(), "User name, instead of cloud."),
  password: maybe(secret(), "Password, instead of cloud."),
  "auth-url": maybe(url({ fake: NO_CLOUD }), "Keystone's address, instead of cloud."),
  "project-id": maybe(text(), "Project, instead of cloud."),
  "project-name": maybe(text(), "Project, instead of cloud."),
  "user-domain-name": maybe(text(), "Domain, instead of cloud; without it, the default domain."),
  "project-domain-name": maybe(text(), "Domain, instead of cloud; without it, the default domain."),
};

/** How the cloud is reached: an entry of clouds.yaml, keys of its own, or both (its own then win). */
const accessEntries = {
  cloud: maybe(text("the name of a cloud"), "An entry of clouds.yaml."),
  ...loginEntries,
  "region-name": maybe(text(), "Region of the cloud."),
  "service-type": maybe(text(), "Type of the compute service in the catalog."),
  "service-name": maybe(text(), "Name of the compute service in the catalog."),
};

export const loginKeys = Object.keys(loginEntries) as (keyof typeof loginEntries)[];
export const accessKeys = Object.keys(accessEntries) as (keyof typeof accessEntries)[];

const priceSection = section({
  currency: maybe(text(), "Shown after amounts, such as EUR."),
  "per-hour": described(amountMap(), "Price of a server for an hour, by the name or the id of its flavor."),
});

const ownSection = section({
  name: described(nameText(), "Name that labels refer to."),
  "max-servers": described(
    integer({ min: -1, orLess: true }),
    "Maximum number of servers; -1 retires the provider: nothing new is booted or built there.",
  ),
  "availability-zones": list(text(), "Zones to spread servers over; without them, the cloud chooses."),
  keypair: maybe(text(), "Name of an existing Nova keypair to boot with."),
  pool: maybe(
    text(),
    "The external network that floating IPs come from, by name or id; nodes then always get one.",
  ),
  "image-type": maybe(text("the name of a disk format"), "Format to upload; without it, the cloud's."),
  networks: list(networkSection, "Networks that servers are attached to."),
  "ipv6-preferred": optional(flag(), false, "Log in over IPv6 where there is an address."),
  "clean-floating-ips": optional(
    flag(),
    false,
    "Delete every unattached floating IP of the project, whoever made it.",
  ),
  "api-timeout": optional(duration(), 60, "How long to wait for the response to an API request."),
  "config-drive": maybe(flag(), "Boot with a config drive; without it, the cloud decides."),
  "boot-timeout": optional(duration(), 60, "From ACTIVE to a working login."),
  "check-timeout": optional(
    duration(),
    60,
    "How long a login to a ready node may take in the cron job check.",
  ),
  "launch-timeout": optional(duration(), 3600, "From the request to ACTIVE."),
  rate: optional(duration(), 0.1, "From the start of one API request to the start of the next; 0: no limit."),
  "template-hostname": optional(
    template(imageNameFields),
    "template-{image.name}-{timestamp}",
    "Name of image builders and uploaded images.",
  ),
  "max-concurrency": maybe(integer({ min: -1 }), "API requests in flight at once; 0 or -1: no limit."),
  "launch-retries": optional(integer({ min: 0, max: 1000 }), 3, "How often a failed launch is repeated."),
  "security-groups": list(text(), "Names or ids; without them, the project's default."),
  "host-key-checking": optional(flag(), true, "Wait for and record SSH host keys."),
  "auto-floating-ip": optional(flag(), true, "Give nodes that cannot be reached otherwise a floating IP."),
  prices: described(
    v.nullish(priceSection),
    "Prices of its servers, for the command report.",
  ),
  "delete-timeout": optional(duration(), 600, "When a server is not deleted by then, it is stuck."),
  api_timeout: former("the key is api-timeout"),
  "image-api-use-tasks": former("the cloud itself says how images are imported"),
  "nodepool-id": former("servers carry the id of the installation"),
  "use-neutron": former("networks are always Neutron's"),
  images: list(providerImageSection, "Images that servers are booted from."),
});

export const providerSection = section({ ...ownSection.entries, ...accessEntries });

export type ProviderSection = v.InferOutput<typeof providerSection>;

export function providerConfig(
  provider: ProviderSection,
  { access, expand }: { access: CloudAccess; expand: (path: string) => string },
): ProviderConfig {
  const { name, maxServers, ...fields } = fieldsOf(ownSection, provider);
  const { keypair, maxConcurrency } = fields;
  return {
    name,
    maxServers: Math.max(-1, maxServers),
    access,
    ...fields,
    imageType: fields.imageType ?? access.imageFormat,
    networks: fields.networks.map(networkConfig),
    maxConcurrency: maxConcurrency !== null && maxConcurrency > 0 ? maxConcurrency : null,
    prices: fields.prices === null ? null : fieldsOf(priceSection, fields.prices),
    images: fields.images.map((image) => providerImageConfig(image, { keypair, expand })),
  };
}

/** An id wins over `net-label`, and that over `name`, as it did in 2016; both are the network's name. */
function networkConfig(network: v.InferOutput<typeof networkSection>): NetworkConfig {
  const id = network["net-id"] ?? null;
  const label = network["net-label"] ?? null;
  const name = label ?? network.name ?? null;
  return id === null
    ? { id, name, label, public: network.public }
    : { id, name: null, label: name, public: network.public };
}
