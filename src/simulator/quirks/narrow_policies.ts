/** Clouds whose policies keep from a project's members what a launch does not need, or that do not have it at all. */
import type { Quirk } from "../quirk.ts";
import { ApiRefusal } from "../api_refusal.ts";

/** @param options `operation` with its service, as in the journal; `refuse` makes what the cloud says */
function refusing(name: string, about: string, options: { operation: string; refuse(): ApiRefusal }): Quirk {
  return {
    name,
    about,
    request({ service, operation }) {
      if (`${service} ${operation}` === options.operation) throw options.refuse();
    },
  };
}

function disallowed(policy: string): ApiRefusal {
  return new ApiRefusal(403, `Policy doesn't allow ${policy} to be performed.`);
}

export const limitsForbidden = refusing(
  "limits-forbidden",
  "Nova keeps the limits of the project from its members (403).",
  { operation: "compute limits.show", refuse: () => disallowed("os_compute_api:limits") },
);

export const limitsMissing = refusing(
  "limits-missing",
  "Nova has no limits (404).",
  { operation: "compute limits.show", refuse: () => new ApiRefusal(404, "The resource could not be found.") },
);

export const quotasMissing = refusing(
  "quotas-missing",
  "Neutron has no quotas (501).",
  {
    operation: "network quota.show",
    refuse: () =>
      new ApiRefusal(
        501,
        "The server is either erroring or incapable of performing the requested operation.",
        {
          type: "HTTPNotImplemented",
        },
      ),
  },
);

export const zonesForbidden = refusing(
  "zones-forbidden",
  "Nova keeps the availability zones from the project's members (403).",
  {
    operation: "compute zone.list",
    refuse: () => disallowed("os_compute_api:os-availability-zone:list"),
  },
);

export const securityGroupsMissing = refusing(
  "security-groups-missing",
  "Neutron has no security groups (404).",
  {
    operation: "network securitygroup.list",
    refuse: () => new ApiRefusal(404, "The resource could not be found.", { type: "HTTPNotFound" }),
  },
);

export const keypairsForbidden = refusing(
  "keypairs-forbidden",
  "Nova keeps the list of keypairs from the project's members (403).",
  { operation: "compute keypair.list", refuse: () => disallowed("os_compute_api:os-keypairs:index") },
);
