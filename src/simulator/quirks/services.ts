/**
 * Services that lack what newer ones have, do it otherwise, or whose policies keep from a project's members what a launch
 * does not need.
 */
import type { QuirkTable } from "../quirk_table.ts";
import { ApiRefusal } from "../answer.ts";

/** @param operation with its service, as in the journal */
function refusing(about: string, operation: string, refusal: () => ApiRefusal): QuirkTable[string] {
  return {
    about,
    request(exchange) {
      if (`${exchange.service} ${exchange.operation}` === operation) throw refusal();
    },
  };
}

function disallowed(about: string, operation: string, policy: string): QuirkTable[string] {
  const message = `Policy doesn't allow os_compute_api:${policy} to be performed.`;
  return refusing(about, operation, () => new ApiRefusal(403, message));
}

const MISSING = "The resource could not be found.";
const INCAPABLE = "The server is either erroring or incapable of performing the requested operation.";

export const serviceQuirks: QuirkTable = {
  "flavors-without-disk": {
    about: "Each flavor has a twin without a disk, from which only servers with a volume boot (403).",
    settings: (settings) => ({
      ...settings,
      // The twins come first, as cheaper ones do where a list is sorted.
      flavors: settings.flavors.flatMap((flavor) => [
        { ...flavor, id: null, name: `${flavor.name}-diskless`, disk: 0 },
        flavor,
      ]),
    }),
    request({ service, operation, cloud, bodyObject }) {
      if (service !== "compute" || operation !== "server.create") return;
      const server = (bodyObject["server"] ?? {}) as Record<string, unknown>;
      const id = String(server["flavorRef"]).split("/").at(-1);
      const flavor = cloud.stock.flavors.find((one) => one.id === id);
      if (flavor?.disk !== 0 || server["block_device_mapping_v2"] !== undefined) return;
      throw new ApiRefusal(403, "Only volume-backed servers are allowed for flavors with zero disk.");
    },
  },
  "limits-forbidden": disallowed(
    "Nova keeps the limits of the project from its members (403).",
    "compute limits.show",
    "limits",
  ),
  "limits-missing": refusing(
    "Nova has no limits (404).",
    "compute limits.show",
    () => new ApiRefusal(404, MISSING),
  ),
  "quotas-missing": refusing(
    "Neutron has no quotas (501).",
    "network quota.show",
    () => new ApiRefusal(501, INCAPABLE, { type: "HTTPNotImplemented" }),
  ),
  "zones-forbidden": disallowed(
    "Nova keeps the availability zones from the project's members (403).",
    "compute zone.list",
    "os-availability-zone:list",
  ),
  "keypairs-forbidden": disallowed(
    "Nova keeps the list of keypairs from the project's members (403).",
    "compute keypair.list",
    "os-keypairs:index",
  ),
  "security-groups-missing": refusing(
    "Neutron has no security groups (404).",
    "network securitygroup.list",
    () => new ApiRefusal(404, MISSING, { type: "HTTPNotFound" }),
  ),
  "no-paging": {
    about: "Neutron ignores `limit` and `marker` and always answers with the whole list.",
    request({ service, query }) {
      if (service !== "network") return;
      query.delete("limit");
      query.delete("marker");
    },
  },
  "endless-pages": {
    about: "Each page of a list says that another one follows, also the last.",
    body(body, { operation, options, url }) {
      if (!operation.endsWith(".list")) return body;
      const key = Object.keys(body).find((name) => Array.isArray(body[name]) && !name.endsWith("_links"));
      if (key === undefined) return body;
      const href = `${url}${options.path}?${options.query}`;
      return key === "images"
        ? { next: href, ...body }
        : { [`${key}_links`]: [{ rel: "next", href }], ...body };
    },
  },
  "no-descriptions": {
    about: "Neutron's objects have no `description`, and one that is given is refused (400).",
    request({ service, options, bodyObject }) {
      if (service !== "network" || options.method !== "POST") return;
      const inner = Object.values(bodyObject)[0];
      if (typeof inner !== "object" || inner === null || !("description" in inner)) return;
      throw new ApiRefusal(400, "Unrecognized attribute(s) 'description'", { type: "HTTPBadRequest" });
    },
    body: (body, { service }) => service === "network" ? without("description", body) : body,
  },
  "old-nova": {
    about: "Nova knows no microversion after 2.1.",
    settings: (settings) => ({ ...settings, microversion: 1 }),
  },
};

function without(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => without(key, one));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => name !== key);
  return Object.fromEntries(kept.map(([name, inner]) => [name, without(key, inner)]));
}
