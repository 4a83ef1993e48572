/** Keystone's service catalog, and which of its endpoints a service is reached at. Pure; `session` calls it. */
import * as v from "valibot";
import type { CloudAccess } from "../../domain/cloud_access.ts";

/** The services that are found in it. */
export type ServiceType = "compute" | "network" | "image";

const EndpointSchema = v.object({
  interface: v.string(),
  region: v.nullish(v.string()),
  region_id: v.nullish(v.string()),
  url: v.string(),
});

export const CatalogSchema = v.array(v.object({
  type: v.string(),
  name: v.nullish(v.string()),
  endpoints: v.array(EndpointSchema),
}));

export type ServiceCatalog = v.InferOutput<typeof CatalogSchema>;

/**
 * @returns the endpoint's address and region, null where it is not known; or why it was not found and what to check, and
 * whether the cloud does not have the service at all, as far as its catalog tells
 */
export function findEndpoint(
  service: ServiceType,
  options: { catalog: ServiceCatalog; access: CloudAccess; projectId: string | null },
): { url: string; region: string | null } | { missing: string; isNotOffered?: boolean } {
  const { catalog, access, projectId } = options;
  const override = access.endpointOverrides[service];
  if (override !== undefined) return { url: fillIn(override, projectId), region: null };
  const endpoints = endpointsOf(service, { catalog, access });
  if (endpoints.length === 0) {
    const isAsUsual = access.serviceTypes[service] === undefined &&
      access.serviceNames[service] === undefined;
    const advice = `check the cloud's project and ${service}_service_type`;
    return { missing: `the catalog has no ${service} service; ${advice}`, isNotOffered: isAsUsual };
  }
  const interfaces = access.serviceInterfaces[service] ?? access.interfaces;
  const offered = interfaces.flatMap((name) => endpoints.filter((each) => interfaceOf(each) === name));
  if (offered.length === 0) {
    return {
      missing: `the catalog has no ${interfaces.join(" or ")} endpoint for ${service}; check interface`,
    };
  }
  const region = access.serviceRegions[service] ?? access.regionName;
  const found = region !== null
    ? offered.find((endpoint) => inRegion(endpoint, region))
    : offered.find((endpoint) => inRegion(endpoint, computeRegion(service, options))) ?? offered[0];
  if (found !== undefined) {
    return { url: fillIn(found.url, projectId), region: found.region_id ?? found.region ?? null };
  }
  const regions = [...new Set(offered.map((endpoint) => endpoint.region_id ?? endpoint.region))].join(", ");
  return {
    missing:
      `the catalog has no ${service} endpoint in region ${region}, only in ${regions}; check region_name`,
  };
}

/** Ids of one region mean nothing in another, and catalogs list the regions of each service in an order of its own. */
function computeRegion(service: ServiceType, options: Parameters<typeof findEndpoint>[1]): string | null {
  const compute = service === "compute" ? null : findEndpoint("compute", options);
  return compute !== null && "url" in compute ? compute.region : null;
}

type Endpoint = ServiceCatalog[number]["endpoints"][number];

function endpointsOf(
  service: ServiceType,
  { catalog, access }: { catalog: ServiceCatalog; access: CloudAccess },
) {
  const asked = access.serviceTypes[service];
  // Some catalogs list Nova's newer API under a name of its own.
  const types = asked !== undefined ? [asked] : service === "compute" ? [service, "computev21"] : [service];
  const name = access.serviceNames[service];
  return types.flatMap((type) =>
    catalog
      .filter((entry) => entry.type === type && (name === undefined || entry.name === name))
      .flatMap((entry) => entry.endpoints)
  );
}

/** Catalogs that were carried over from v2 say `publicURL`. */
function interfaceOf(endpoint: Endpoint): string {
  return endpoint.interface.replace(/URL$/, "");
}

function inRegion(endpoint: Endpoint, region: string | null): boolean {
  return region !== null && (endpoint.region_id === region || endpoint.region === region);
}

function fillIn(url: string, projectId: string | null): string {
  return url.replace(/[%$]\((project|tenant)_id\)s?/g, projectId ?? "");
}
