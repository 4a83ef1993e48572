/** The keys that nodes can be logged in to with, the one that is proposed first. Pure. */
import type { Keypair } from "../cloud/cloud.ts";
import type { Choice } from "../domain/first_config.ts";
import { keyBlob } from "../lib/ssh_key/key_blob.ts";

/** A private key of this machine that logins can use. */
export interface LocalKey {
  readonly path: string;
  /** `TYPE BASE64`. */
  readonly publicKey: string;
}

export interface KeyChoice {
  /** The keypair's name on the cloud. */
  readonly keypair: string;
  readonly path: string;
  /** The key that the cloud is to be given under that name: one of this machine, a new one; null: it has it. */
  readonly register: "this" | "new" | null;
  /** null: of a key that is yet to be made. */
  readonly publicKey: string | null;
}

/** Keypairs whose private half is here, then keys that are here, then one that is made; others are of no use. */
export function offeredKeys(
  { keypairs, local, newPath }: {
    keypairs: readonly Keypair[];
    /** In the order of preference. */
    local: readonly LocalKey[];
    /** Where a new private key can be put. */
    newPath: string;
  },
): Choice<KeyChoice>[] {
  const known = local.flatMap((key) =>
    keypairs.filter(({ publicKey }) => keyBlob(publicKey) === keyBlob(key.publicKey)).map(({ name }) => ({
      name,
      key,
    }))
  );
  const free = freeName(keypairs.map(({ name }) => name));
  const unknown = local.filter((key) => known.every((one) => one.key !== key));
  return [
    ...known.map(({ name, key }) => ({
      label: `the keypair ${name}, with ${key.path}`,
      names: [name],
      value: { keypair: name, ...key, register: null },
    })),
    {
      label: `a new key, ${newPath}, which the cloud gets as the keypair ${free}`,
      names: ["new"],
      value: { keypair: free, path: newPath, register: "new", publicKey: null },
    },
    ...unknown.map((key): Choice<KeyChoice> => ({
      label: `${key.path}, which the cloud gets as the keypair ${free}`,
      names: [key.path],
      value: { keypair: free, ...key, register: "this" },
    })),
  ];
}

function freeName(taken: readonly string[]): string {
  const name = (count: number) => count === 1 ? "nodepool" : `nodepool-${count}`;
  let count = 1;
  while (taken.includes(name(count))) count++;
  return name(count);
}
