/** Whether the keypairs that servers are booted with are there, and are those of the private keys that log in. */
import { suggest } from "../../lib/suggest.ts";
import { failure, type Finding, ok, unknown, warning } from "../finding.ts";
import type { Look } from "../look.ts";
import { keyBlob } from "../../lib/ssh_key/key_blob.ts";

export function checkKeypair(look: Look): Finding[] {
  const names = new Set(look.images.map(({ keypair }) => keypair));
  return [...names].flatMap((keypair) => keypair === null ? [] : checkOne(keypair, look));
}

function checkOne(keypair: string, { keypairs, images, local }: Look): Finding[] {
  if (keypairs === null) return [];
  const about = { check: "keypair", subject: keypair } as const;
  if ("problem" in keypairs) return [unknown(about, keypairs.problem)];
  const found = keypairs.value.find(({ name }) => name === keypair);
  if (found === undefined) {
    const names = keypairs.value.map(({ name }) => name);
    return [failure(about, `the cloud's user has no keypair ${keypair}${suggest(keypair, names)}`)];
  }
  const blob = keyBlob(found.publicKey);
  const booted = images.filter((image) => image.keypair === keypair);
  const others = booted.map(({ privateKey }) => privateKey).filter((path) => {
    const own = keyBlob(local.publicKeys.get(path) ?? null);
    return blob !== null && own !== null && own !== blob;
  });
  if (others.length === 0) return [ok(about, "found")];
  const paths = [...new Set(others)].join(", ");
  return [
    warning(about, `it does not match the private key ${paths}; the image itself must accept that key`),
  ];
}
