/**
 * One thing that a service has, by its path: shown, or deleted with one DELETE. It is gone only where the service itself
 * says so: gateways and proxies on the way answer 404 too, for addresses that they do not know, and that says nothing of
 * a server or an image. The services' files call it.
 */
import { jsonOf } from "../../lib/parse_answer.ts";
import type { DeleteAnswer, DeleteCall } from "../cloud.ts";
import type { SendResponse } from "../../http/send.ts";
import { requestIdOf } from "./classify_response.ts";
import type { Answer, ServiceCall, Session } from "./session.ts";

/** How a service says that it has no such thing. */
interface Denial extends Pick<ServiceCall, "service"> {
  /** The service's name, for messages. */
  readonly name: string;
  /** The statuses that say so. */
  readonly gone: readonly number[];
  /** Whether an answer with one of them is the service's own. */
  saysGone(response: SendResponse): boolean;
}

/** Nova names the kind of its errors. */
export const NOVA: Denial = {
  service: "compute",
  name: "Nova",
  gone: [404],
  saysGone: ({ status, body }) => status === 404 && "itemNotFound" in Object(jsonOf(body)),
};

/** Neutron's errors have its name; each of its answers has a request id, but for old ones. */
export const NEUTRON: Denial = {
  service: "network",
  name: "Neutron",
  gone: [404],
  saysGone: ({ status, headers, body }) =>
    status === 404 && ("NeutronError" in Object(jsonOf(body)) || requestIdOf(headers) !== null),
};

/** Glance's errors are pages like those of any gateway; but each of its answers has a request id. */
export const GLANCE: Denial = {
  service: "image",
  name: "Glance",
  gone: [404, 410],
  saysGone: ({ status, headers }) => (status === 404 || status === 410) && requestIdOf(headers) !== null,
};

interface Resource extends Pick<ServiceCall, "path"> {
  /** With its id or name, for messages: `server 4711`. */
  readonly what: string;
}

export async function showResource(
  denial: Denial,
  { session, what, ...call }: Resource & Omit<ServiceCall, "action" | "service"> & { session: Session },
): Promise<Answer | "gone"> {
  const { service, gone, saysGone } = denial;
  const answer = await session.request({ ...call, service, action: `show ${what}`, accept: gone });
  if (saysGone(answer.response)) return "gone";
  if (!gone.includes(answer.response.status)) return answer;
  throw answer.refuse(foreign404(denial), "unavailable");
}

export async function deleteResource(
  denial: Denial,
  { session, what, path, signal, confirm }: Resource & DeleteCall & { session: Session },
): Promise<DeleteAnswer> {
  const { service, gone, saysGone } = denial;
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
  throw refuse(foreign404(denial), "unavailable");
}

function foreign404({ name, service }: Denial): string {
  return `the 404 did not come from ${name}; check the address of the ${service} service`;
}
