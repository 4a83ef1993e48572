/** One DELETE to one service, the same for all that a cloud has. */
import type { DeleteAnswer, DeleteCall } from "../cloud.ts";
import type { SendResponse } from "../../http/send.ts";
import type { ServiceCall, Session } from "./session.ts";

export async function deleteResource(
  { what, service, path, gone = [404], saysGone = () => true }: Pick<ServiceCall, "service" | "path"> & {
    /** With its id or name, for messages: `server 4711`. */
    readonly what: string;
    /** Statuses that say that there is no such thing (any more). */
    readonly gone?: readonly number[];
    /** Whether such an answer is the service's own; left out: it is taken for that, and a listing is to tell. */
    readonly saysGone?: (response: SendResponse) => boolean;
  },
  { session, signal, confirm }: DeleteCall & { readonly session: Session },
): Promise<DeleteAnswer> {
  const { response, refuse } = await session.request({
    action: `delete ${what}`,
    service,
    method: "DELETE",
    path,
    turn: "delete",
    accept: gone,
    confirm,
    signal,
  });
  if (!gone.includes(response.status)) return "accepted";
  if (saysGone(response)) return "gone";
  throw refuse(`the 404 did not come from the service itself; check the ${service} address`);
}
