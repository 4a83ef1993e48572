/**
 * The files in `/etc/nodepool` that tell a server of itself and of the servers that were launched with it: 2016's, with
 * its names and contents. Pure.
 */
import type { CloudAccess } from "../domain/cloud_access.ts";
import type { NodeAddresses } from "../domain/node.ts";
import { shellWord } from "../lib/shell_quote.ts";

/** Where the files lie on each server. */
export const GROUP_FOLDER = "/etc/nodepool";

export interface GroupMember {
  readonly serverId: string;
  readonly zone: string | null;
  readonly addresses: Pick<NodeAddresses, "login" | "privateV4">;
}

export interface NodeGroup {
  readonly primary: GroupMember;
  readonly subnodes: readonly GroupMember[];
  readonly provider: { readonly name: string; readonly access: Pick<CloudAccess, "name" | "regionName"> };
  /** Made for this group alone: its holder can log in to all of its servers. */
  readonly key: { readonly privateKey: string; readonly publicKey: string };
}

export interface GroupFile {
  readonly name: string;
  readonly content: string;
  readonly mode: number;
}

/** The files of one of the group's servers. */
export function groupFiles(member: GroupMember, group: NodeGroup): readonly GroupFile[] {
  const { primary, subnodes, provider, key } = group;
  const open = (name: string, ...lines: readonly string[]) => ({
    name,
    content: lines.map((line) => `${line}\n`).join(""),
    mode: 0o644,
  });
  return [
    open("role", member === primary ? "primary" : "sub"),
    open("node", member.addresses.login),
    open("node_private", privateAddress(member)),
    open("primary_node", primary.addresses.login),
    open("primary_node_private", privateAddress(primary)),
    open("sub_nodes", ...subnodes.map(({ addresses }) => addresses.login)),
    open("sub_nodes_private", ...subnodes.map(privateAddress)),
    { ...open("id_rsa", key.privateKey.trimEnd()), mode: 0o600 },
    open("id_rsa.pub", key.publicKey.trimEnd()),
    open(
      "provider",
      `NODEPOOL_PROVIDER=${shellWord(provider.name)}`,
      `NODEPOOL_CLOUD=${shellWord(provider.access.name)}`,
      `NODEPOOL_REGION=${shellWord(provider.access.regionName ?? "")}`,
      `NODEPOOL_AZ=${shellWord(member.zone ?? "")}`,
    ),
    open("uuid", member.serverId),
  ];
}

function privateAddress({ addresses: { privateV4, login } }: GroupMember): string {
  return privateV4 ?? login;
}
