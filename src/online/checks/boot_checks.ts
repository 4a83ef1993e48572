/** The names that servers are asked for with: of zones, security groups and keypairs. */
import { suggest } from "../../lib/suggest.ts";
import { failure, ok, unknown, type Verdict, warning } from "../finding.ts";
import type { Look } from "../look.ts";
import { keyBlob } from "../../lib/ssh_key/key_blob.ts";

/** Whether the cloud has the availability zones that servers are asked for in. */
export function checkZones({ provider, zones }: Look): Verdict {
  if (zones === null) return [];
  return provider.availabilityZones.map((zone) => {
    const about = { check: "zone", subject: zone } as const;
    if ("problem" in zones) return unknown(about, zones.problem);
    if (zones.value.includes(zone)) return ok(about, "available");
    return failure(about, `no zone ${zone} is available${suggest(zone, zones.value)}`);
  });
}

/** Whether the cloud has the security groups, each only once: Nova takes no name that two have. */
export function checkSecurityGroups({ provider, securityGroups: groups }: Look): Verdict {
  if (groups === null) return [];
  return provider.securityGroups.map((wanted) => {
    const about = { check: "security_group", subject: wanted } as const;
    if ("problem" in groups) return unknown(about, groups.problem);
    if (groups.value.some(({ id }) => id === wanted)) return ok(about, "found");
    const named = groups.value.filter(({ name }) => name === wanted);
    if (named.length === 1) return ok(about, named[0]!.id);
    if (named.length === 0) {
      const names = [...new Set(groups.value.map(({ name }) => name))];
      return failure(about, `no security group ${wanted}${suggest(wanted, names)}`);
    }
    const ids = named.map(({ id }) => id).join(", ");
    return failure(about, `${named.length} security groups have this name; use one of the ids ${ids}`);
  });
}

/** Whether the keypairs that servers are booted with are there, and are those of the private keys that log in. */
export function checkKeypair(look: Look): Verdict {
  const names = new Set(look.images.map(({ keypair }) => keypair));
  return [...names].flatMap((keypair) => keypair === null ? [] : checkOne(keypair, look));
}

function checkOne(keypair: string, { keypairs, images, local }: Look): Verdict {
  if (keypairs === null) return [];
  const about = { check: "keypair", subject: keypair } as const;
  if ("problem" in keypairs) return unknown(about, keypairs.problem);
  const found = keypairs.value.find(({ name }) => name === keypair);
  if (found === undefined) {
    const names = keypairs.value.map(({ name }) => name);
    return failure(about, `the cloud's user has no keypair ${keypair}${suggest(keypair, names)}`);
  }
  const blob = keyBlob(found.publicKey);
  const booted = images.filter((image) => image.keypair === keypair);
  const others = booted.map(({ privateKey }) => privateKey).filter((path) => {
    const own = keyBlob(local.publicKeys.get(path) ?? null);
    return blob !== null && own !== null && own !== blob;
  });
  if (others.length === 0) return ok(about, "found");
  const paths = [...new Set(others)].join(", ");
  return warning(about, `it does not match the private key ${paths}; the image itself must accept that key`);
}
