/**
 * One thing that a service has, by its path: shown, or deleted with one DELETE. It is gone only where the service itself
 * says so. The services' files call it.
 */
import type { DeleteAnswer, DeleteCall } from "../cloud.ts";
import type { ServiceType } from "./catalog.ts";
import { GONE_STATUSES, saysGone } from "./classify_response.ts";
import type { Answer, ServiceCall, Session } from "./session.ts";

interface Resource extends Pick<ServiceCall, "service" | "path"> {
  readonly session: Session;
  /** With its id or name, for messages: `server 4711`. */
  readonly what: string;
}

export async function showResource(
  { session, what, ...call }: Resource & Omit<ServiceCall, "action"> & { readonly action?: string },
): Promise<Answer | "gone"> {
  const answer = await session.request({ action: `show ${what}`, ...call, accept: GONE_STATUSES });
  if (saysGone(call.service, answer.response)) return "gone";
  if (GONE_STATUSES.includes(answer.response.status)) throw refuseForeign(call.service, answer);
  return answer;
}

/** @param isProvenLater any 404 counts as "gone": a listing is to tell whether it is */
export async function deleteResource(
  { session, what, isProvenLater = false, ...call }: Resource & DeleteCall & { isProvenLater?: boolean },
): Promise<DeleteAnswer> {
  const answer = await session.request({
    ...call,
    action: `delete ${what}`,
    method: "DELETE",
    turn: "delete",
    accept: GONE_STATUSES,
  });
  if (!GONE_STATUSES.includes(answer.response.status)) return "accepted";
  if (isProvenLater || saysGone(call.service, answer.response)) return "gone";
  throw refuseForeign(call.service, answer);
}

function refuseForeign(service: ServiceType, { response, refuse }: Answer): Error {
  const message = `the ${response.status} did not come from ${
    NAMES[service]
  }; check the address of the ${service} service`;
  return refuse(message, "unavailable");
}

const NAMES: Readonly<Record<ServiceType, string>> = { compute: "Nova", network: "Neutron", image: "Glance" };
