/** How to log in to a node: what `acquire` prints and `/nodes/ID` shows. Only names and addresses, no key. */
import * as v from "valibot";
import type { Config } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import { number, rows, string, stringOrNull } from "./view_schema.ts";

export const connectionViewSchema = v.object({
  address: string,
  port: number,
  /** null: the configuration no longer has its image. */
  username: stringOrNull,
  /** `TYPE BASE64`, as the first login found them. */
  host_keys: rows(string),
  /** The same as lines of an OpenSSH known_hosts file. */
  known_hosts: rows(string),
});

/** Of a node's server. */
export const addressEntries = {
  public_v4: stringOrNull,
  public_v6: stringOrNull,
  private_v4: stringOrNull,
};

export function viewAddresses({ addresses }: NodeRecord) {
  return {
    public_v4: addresses?.publicV4 ?? null,
    public_v6: addresses?.publicV6 ?? null,
    private_v4: addresses?.privateV4 ?? null,
  };
}

const SSH_PORT = 22;

/** null while it has no address. */
export function viewConnection(
  node: NodeRecord,
  config: Config | null,
): v.InferOutput<typeof connectionViewSchema> | null {
  if (node.addresses === null) return null;
  const image = config?.providers.find(({ name }) => name === node.provider)
    ?.images.find(({ name }) => name === node.image);
  const address = node.addresses.login;
  const port = image?.connectionPort ?? SSH_PORT;
  const host = port === SSH_PORT ? address : `[${address}]:${port}`;
  return {
    address,
    port,
    username: image?.username ?? null,
    host_keys: node.hostKeys,
    known_hosts: node.hostKeys.map((key) => `${host} ${key}`),
  };
}
