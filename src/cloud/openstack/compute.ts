/** The rest of Nova: flavors, zones, limits, keypairs. */
import * as v from "valibot";
import type { ComputeQuota, Flavor, QuotaUse, Told } from "../../domain/server.ts";
import type { WholeCloud } from "../cloud.ts";
import { deleteResource } from "./one_resource.ts";
import { listItems } from "./paging.ts";
import type { ServiceOptions, Session } from "./session.ts";
import type { Call } from "../../lib/call.ts";

const FlavorSchema = v.object({
  id: v.string(),
  name: v.string(),
  ram: v.nullish(v.number()),
  vcpus: v.nullish(v.number()),
  disk: v.nullish(v.number()),
  "OS-FLV-DISABLED:disabled": v.nullish(v.boolean()),
});

const ZonesSchema = v.object({
  availabilityZoneInfo: v.array(v.object({
    zoneName: v.string(),
    zoneState: v.nullish(v.object({ available: v.nullish(v.boolean()) })),
  })),
});

const KeypairsSchema = v.object({
  keypairs: v.array(
    v.object({ keypair: v.object({ name: v.string(), public_key: v.nullish(v.string()) }) }),
  ),
});

export function createCompute({ session, pageSize }: ServiceOptions) {
  const compute = { service: "compute" } as const;
  return {
    async listFlavors(call) {
      const flavors = { ...compute, action: "list flavors", path: "/flavors/detail", schema: FlavorSchema };
      const raws = await listItems("flavors", { ...flavors, ...call, session, pageSize });
      // Administrators are shown those too that nothing can be booted with.
      return raws.filter((raw) => raw["OS-FLV-DISABLED:disabled"] !== true).map(toFlavor);
    },
    async listZones(call) {
      const zones = { ...compute, action: "list zones", path: "/os-availability-zone" };
      return (await session.request({ ...zones, ...call })).parse(ZonesSchema).availabilityZoneInfo
        .filter((zone) => zone.zoneState?.available ?? true)
        .map((zone) => zone.zoneName);
    },
    async listKeypairs(call) {
      const answer = await session.request({ ...compute, action: "list keypairs", path: KEYPAIRS, ...call });
      return answer.parse(KeypairsSchema).keypairs
        .map(({ keypair: { name, public_key } }) => ({ name, publicKey: public_key ?? null }));
    },
    async createKeypair({ name, publicKey }, { signal }) {
      const action = `create keypair ${name}`;
      const body = { keypair: { name, public_key: publicKey } };
      await session.request({ ...compute, action, method: "POST", path: KEYPAIRS, body, signal });
    },
    deleteKeypair(name, call) {
      const path = `${KEYPAIRS}/${encodeURIComponent(name)}`;
      return deleteResource({ ...compute, what: `keypair ${name}`, path, ...call, session });
    },
  } satisfies Partial<WholeCloud>;
}

const KEYPAIRS = "/os-keypairs";

function toFlavor({ id, name, ram, vcpus, disk }: v.InferOutput<typeof FlavorSchema>): Flavor {
  return { id, name, ramMib: ram ?? 0, vcpus: vcpus ?? 0, diskGib: disk ?? 0 };
}

const LimitsSchema = v.object({
  limits: v.object({
    absolute: v.object({
      maxTotalInstances: v.nullish(v.number()),
      maxTotalCores: v.nullish(v.number()),
      maxTotalRAMSize: v.nullish(v.number()),
      totalInstancesUsed: v.nullish(v.number()),
      totalCoresUsed: v.nullish(v.number()),
      totalRAMUsed: v.nullish(v.number()),
    }),
  }),
});

/** The project's absolute limits; what the cloud does not tell has no limit. */
export async function getComputeLimits(
  session: Session,
  call: Call,
): Promise<Omit<ComputeQuota, keyof Told>> {
  const limits = { service: "compute", action: "read the compute limits", path: "/limits" } as const;
  const { absolute } = (await session.request({ ...limits, ...call })).parse(LimitsSchema).limits;
  return {
    instances: toQuotaUse(absolute.maxTotalInstances, absolute.totalInstancesUsed),
    cores: toQuotaUse(absolute.maxTotalCores, absolute.totalCoresUsed),
    ramMib: toQuotaUse(absolute.maxTotalRAMSize, absolute.totalRAMUsed),
  };
}

/** -1 is no limit. */
export function toQuotaUse(limit: number | null | undefined, used: number | null | undefined): QuotaUse {
  return { limit: limit === null || limit === undefined || limit < 0 ? Infinity : limit, used: used ?? 0 };
}
