/** Neutron: networks, ports, floating IPs, security groups, and the quotas of those. */
import * as v from "valibot";
import type { FloatingIp, Network, NetworkQuota, Port, QuotaUse, Told } from "../../domain/server.ts";
import type { Cloud, WholeCloud } from "../cloud.ts";
import { CloudError } from "../../domain/cloud_error.ts";
import { toQuotaUse } from "./compute.ts";
import { deleteResource, showResource } from "./one_resource.ts";
import { listItems } from "./paging.ts";
import type { ServiceOptions, Session } from "./session.ts";
import type { Call } from "../../lib/call.ts";

const IdSchema = v.object({ id: v.string() });

const NetworkSchema = v.object({
  id: v.string(),
  name: v.nullish(v.string()),
  project_id: v.nullish(v.string()),
  shared: v.nullish(v.boolean()),
  "router:external": v.nullish(v.boolean()),
  "provider:physical_network": v.nullish(v.string()),
});

const SubnetSchema = v.object({ id: v.string(), network_id: v.string(), cidr: v.string() });

const PortSchema = v.object({
  id: v.string(),
  network_id: v.nullish(v.string()),
  status: v.nullish(v.string()),
  device_id: v.nullish(v.string()),
  device_owner: v.nullish(v.string()),
  fixed_ips: v.nullish(v.array(v.object({ ip_address: v.nullish(v.string()) }))),
});

const FloatingIpSchema = v.object({
  id: v.string(),
  floating_ip_address: v.nullish(v.string()),
  port_id: v.nullish(v.string()),
  status: v.nullish(v.string()),
  description: v.nullish(v.string()),
});

const OneFloatingIp = v.object({ floatingip: FloatingIpSchema });

const SecurityGroupSchema = v.object({
  id: v.string(),
  name: v.string(),
  project_id: v.nullish(v.string()),
  shared: v.nullish(v.boolean()),
});

/** The owners of a router's ports on the networks that it leads from: of a plain one, a distributed one, one of a group. */
const ROUTER_PORTS = [
  "network:router_interface",
  "network:router_interface_distributed",
  "network:ha_router_replicated_interface",
];

export function createNetworkService(options: ServiceOptions) {
  const { session } = options;
  return {
    async listNetworks(call) {
      const networks = await listResources("networks", { ...options, ...call, schema: NetworkSchema });
      const ours = await session.projectId(call);
      const ranges = await listRanges(options, call);
      return networks
        .filter((network) => network["router:external"] || isOpenTo(network, ours))
        .map((network) => toNetwork(network, ranges));
    },
    async listPorts({ signal }) {
      const ports = await listOwn("ports", { ...options, schema: PortSchema, signal });
      return ports.filter((port) => port.device_owner?.startsWith("compute:")).map(toPort);
    },
    async listRoutedNetworks({ signal }) {
      const ports = await Promise.all(
        ROUTER_PORTS.map((device_owner) =>
          listOwn("ports", { ...options, schema: PortSchema, filter: { device_owner }, signal })
        ),
      );
      return ports.flat().flatMap(({ network_id }) => network_id ?? []);
    },
    async listFloatingIps({ signal }) {
      return (await listOwn("floatingips", { ...options, schema: FloatingIpSchema, signal })).map(
        toFloatingIp,
      );
    },
    createFloatingIp: (request, call) => createFloatingIp(request, { ...call, session }),
    async getFloatingIp(id, { signal }) {
      const answer = await showResource({ ...floatingIpOf(id), turn: "delete", signal, session });
      return answer === "gone" ? null : toFloatingIp(answer.parse(OneFloatingIp).floatingip);
    },
    deleteFloatingIp: (id, call) => deleteResource({ ...floatingIpOf(id), ...call, session }),
    async listSecurityGroups(call) {
      const schema = SecurityGroupSchema;
      const groups = await listResources("security_groups", { ...options, ...call, schema });
      const ours = await session.projectId(call);
      return groups.filter((group) => isOpenTo(group, ours)).map(({ id, name }) => ({ id, name }));
    },
  } satisfies Partial<WholeCloud>;
}

function floatingIpOf(id: string) {
  const path = `/floatingips/${encodeURIComponent(id)}`;
  return { service: "network", what: `floating IP ${id}`, path } as const;
}

function toNetwork(raw: v.InferOutput<typeof NetworkSchema>, ranges: ReadonlyMap<string, string[]>): Network {
  const own = ranges.get(raw.id);
  return {
    id: raw.id,
    name: raw.name ?? "",
    external: raw["router:external"] ?? false,
    ...(raw["provider:physical_network"] && { isPhysical: true }),
    ...(own !== undefined && { ranges: own }),
  };
}

/** By network. They only let one foresee what servers will need: none where the cloud does not tell. */
async function listRanges(options: ServiceOptions, call: Call): Promise<ReadonlyMap<string, string[]>> {
  const ranges = new Map<string, string[]>();
  try {
    const subnets = await listResources("subnets", { ...options, ...call, schema: SubnetSchema });
    for (const { network_id: network, cidr } of subnets) {
      ranges.set(network, [...ranges.get(network) ?? [], cidr]);
    }
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
  }
  return ranges;
}

/** An administrator sees those of all projects; a member only what is its own or shared with it. */
function isOpenTo(
  thing: { project_id?: string | null; shared?: boolean | null },
  project: string | null,
): boolean {
  return thing.shared === true || !thing.project_id || project === null || thing.project_id === project;
}

type Resource = v.GenericSchema<unknown, { readonly id: string }> & { entries: Record<string, unknown> };

interface ListOptions<S extends Resource> extends ServiceOptions, Call {
  readonly schema: S;
  readonly filter?: Readonly<Record<string, string>>;
}

/** Those of the project. */
async function listOwn<S extends Resource>(collection: string, { filter, ...options }: ListOptions<S>) {
  const project = await options.session.projectId(options);
  const own: Record<string, string> = project === null ? {} : { project_id: project };
  return await listResources(collection, { ...options, filter: { ...own, ...filter } });
}

/** Asks for the schema's fields only: a port has forty others. */
async function listResources<S extends Resource>(
  collection: string,
  { session, pageSize, schema, filter = {}, signal }: ListOptions<S>,
): Promise<readonly v.InferOutput<S>[]> {
  const fields = Object.keys(schema.entries).map((field) => ["fields", field] as const);
  return await listItems(collection, {
    session,
    pageSize,
    schema,
    action: `list ${WORDS[collection] ?? collection}`,
    service: "network",
    path: `/${collection.replace("_", "-")}`,
    turn: "list",
    query: [...Object.entries(filter), ...fields],
    signal,
  });
}

const WORDS: Readonly<Record<string, string>> = {
  floatingips: "floating IPs",
  security_groups: "security groups",
};

/** Old Neutrons know no descriptions, and refuse the request for one: it is made without. */
async function createFloatingIp(
  { networkId, portId, description }: Parameters<Cloud["createFloatingIp"]>[0],
  { session, signal }: Call & { session: Session },
): Promise<FloatingIp> {
  const wish = { floating_network_id: networkId, port_id: portId };
  const call = {
    action: `create a floating IP for port ${portId}`,
    service: "network",
    method: "POST",
    path: "/floatingips",
    turn: "create",
    signal,
  } as const;
  const ask = (floatingip: object) => session.request({ ...call, body: { floatingip } });
  const answer = await ask({ ...wish, description }).catch((error) => {
    if (!(error instanceof CloudError) || error.status !== 400) throw error;
    return ask(wish);
  });
  const made = toFloatingIp(answer.parse(OneFloatingIp).floatingip);
  if (made.address === "") throw answer.refuse(`floating IP ${made.id} has no address`);
  return made;
}

function toPort(raw: v.InferOutput<typeof PortSchema>): Port {
  return {
    id: raw.id,
    serverId: raw.device_id || null,
    networkId: raw.network_id ?? "",
    addresses: (raw.fixed_ips ?? []).flatMap(({ ip_address }) => ip_address ?? []),
    status: raw.status ?? "UNKNOWN",
  };
}

function toFloatingIp(raw: v.InferOutput<typeof FloatingIpSchema>): FloatingIp {
  return {
    id: raw.id,
    address: raw.floating_ip_address ?? "",
    portId: raw.port_id ?? null,
    status: raw.status ?? "UNKNOWN",
    description: raw.description === undefined ? null : raw.description ?? "",
  };
}

const DetailSchema = v.nullish(v.object({ limit: v.number(), used: v.nullish(v.number()) }));
const DetailsSchema = v.object({ quota: v.object({ floatingip: DetailSchema, port: DetailSchema }) });
const LimitsSchema = v.object({
  quota: v.object({ floatingip: v.nullish(v.number()), port: v.nullish(v.number()) }),
});

/** Neutrons without that extension, or with a policy about it. */
const WITHOUT_DETAILS = [400, 403, 404, 405, 501];

/** With use where the cloud tells it; else what there is of each is counted, where it has a limit. */
export async function getNetworkQuotas(
  options: ServiceOptions,
  call: Call,
): Promise<Omit<NetworkQuota, keyof Told>> {
  const { session } = options;
  const project = await session.projectId(call);
  if (project === null) return { floatingIps: null, ports: null };
  const read = { action: "read the network quotas", service: "network", ...call } as const;
  const path = `/quotas/${project}`;
  const details = await session.request({ ...read, path: `${path}/details`, accept: WITHOUT_DETAILS });
  if (details.response.status < 300) {
    const { floatingip, port } = details.parse(DetailsSchema).quota;
    return {
      floatingIps: floatingip ? toQuotaUse(floatingip.limit, floatingip.used) : null,
      ports: port ? toQuotaUse(port.limit, port.used) : null,
    };
  }
  const { quota } = (await session.request({ ...read, path })).parse(LimitsSchema);
  return {
    floatingIps: await countUse("floatingips", quota.floatingip, { ...options, ...call }),
    ports: await countUse("ports", quota.port, { ...options, ...call }),
  };
}

async function countUse(
  collection: string,
  limit: number | null | undefined,
  options: ServiceOptions & Call,
): Promise<QuotaUse | null> {
  if (limit === null || limit === undefined) return null;
  if (limit < 0) return toQuotaUse(limit, 0);
  return toQuotaUse(limit, (await listOwn(collection, { ...options, schema: IdSchema })).length);
}
