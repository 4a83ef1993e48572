/**
 * The files in `/etc/nodepool` that tell a server of itself and of the servers that were launched with it: 2016's, with
 * its names and contents; and the command that puts them there. Pure.
 */
import type { CloudAccess } from "../domain/cloud_access.ts";
import { type NodeAddresses, type NodeRecord, serverIdOf } from "../domain/node.ts";
import { shellQuote, shellWord } from "../lib/shell_quote.ts";
import { LoginError } from "../ssh/shell.ts";

/** Where the files lie on each server. */
export const GROUP_FOLDER = "/etc/nodepool";

interface GroupMember {
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

interface GroupFile {
  readonly name: string;
  readonly content: string;
  readonly mode: number;
}

/** @throws LoginError for a server without an address */
export function nodeAddresses({ id, addresses }: NodeRecord): NodeAddresses {
  if (addresses !== null) return addresses;
  throw new LoginError("network", `node ${id} has no address to log in to`);
}

/** One server's entry in the files of its group. @throws LoginError for a server without an address */
export function memberOf(node: NodeRecord): GroupMember {
  return { serverId: serverIdOf(node) ?? "", zone: node.zone, addresses: nodeAddresses(node) };
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

/**
 * The command of sh that puts files on a server. It becomes root where the user may not write the folder; the files are
 * the user's.
 * @param options `authorize`: a public key that is to log in from then on; `folder`: where the files go
 */
export function groupFilesCommand(
  files: readonly GroupFile[],
  { authorize = null, folder = GROUP_FOLDER }: { authorize?: string | null; folder?: string } = {},
): string {
  const target = shellQuote(folder);
  const writing = [
    "set -e",
    `mkdir -p ${target}`,
    `cd ${target}`,
    ...files.flatMap(({ name, content, mode }) => [
      `rm -f ${name}`,
      `(umask 077; printf %s ${shellQuote(content)} > ${name})`,
      `chmod ${mode.toString(8)} ${name}`,
      `[ -z "\${SUDO_UID:-}" ] || chown "$SUDO_UID:$SUDO_GID" ${name}`,
    ]),
  ].join("\n");
  return [
    "umask 022",
    `if why=$(mkdir -p ${target} 2>&1) && [ -w ${target} ]; then as=; else as="sudo -n"; fi`,
    `$as sh -c ${shellQuote(writing)} || { code=$?; echo "$why" >&2; exit $code; }`,
    ...(authorize === null ? [] : authorizing(authorize.trim())),
  ].join("\n");
}

/** A last line without an end must not run into the new one: that would take away the key that nodepool logs in with. */
function authorizing(key: string): string[] {
  return [
    "umask 077",
    "mkdir -p ~/.ssh",
    "cd ~/.ssh",
    "touch authorized_keys",
    `! grep -qxF ${shellQuote(key)} authorized_keys || exit 0`,
    '[ -z "$(tail -c 1 authorized_keys)" ] || echo >> authorized_keys',
    `echo ${shellQuote(key)} >> authorized_keys`,
  ];
}
