/** One DELETE to one service, the same for all that a cloud has. */
import type { DeleteAnswer, DeleteCall } from "../cloud.ts";
import type { ServiceCall, Session } from "./session.ts";

export async function deleteResource(
  { what, service, path, gone = [404] }: Pick<ServiceCall, "service" | "path"> & {
    /** With its id or name, for messages: `server 4711`. */
    readonly what: string;
    /** Statuses that say that there is no such thing (any more). */
    readonly gone?: readonly number[];
  },
  { session, signal, confirm }: DeleteCall & { readonly session: Session },
): Promise<DeleteAnswer> {
  const { response } = await session.request({
    action: `delete ${what}`,
    service,
    method: "DELETE",
    path,
    turn: "delete",
    accept: gone,
    confirm,
    signal,
  });
  return gone.includes(response.status) ? "gone" : "accepted";
}
