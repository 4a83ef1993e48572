import type { GroupMember } from "./group_files.ts";
import { type NodeRecord, serverIdOf } from "../domain/node.ts";
import { LoginError } from "../ssh/shell.ts";

/** One server's entry in the files of its group. @throws LoginError for a server without an address */
export function memberOf(node: NodeRecord): GroupMember {
  const { addresses, zone } = node;
  if (addresses === null) throw new LoginError("network", `node ${node.id} has no address to log in to`);
  return { serverId: serverIdOf(node) ?? "", zone, addresses };
}
