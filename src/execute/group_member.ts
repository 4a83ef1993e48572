import type { GroupMember } from "./group_files.ts";
import { type NodeRecord, serverIdOf } from "../domain/node.ts";
import { LoginError } from "../ssh/shell.ts";

/** What the group's files say of one of its servers. @throws LoginError for one that has no address */
export function memberOf(node: NodeRecord): GroupMember {
  const { addresses, zone } = node;
  if (addresses === null) throw new LoginError("network", `node ${node.id} has no address to log in to`);
  return { serverId: serverIdOf(node) ?? "", zone, addresses };
}
