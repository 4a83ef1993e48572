/**
 * Whether a service itself says that it knows no such thing. Gateways and proxies on the way answer 404 too, for
 * addresses that they do not know, and that says nothing of a server or an image. The services' files ask it.
 */
import type { SendResponse } from "../../http/send.ts";
import { requestIdOf } from "./classify_response.ts";

/** Nova names the kind of its errors. */
export function saysNovaGone({ status, body }: SendResponse): boolean {
  return status === 404 && "itemNotFound" in fieldsOf(body);
}

/** Neutron's errors have its name; each of its answers has a request id, but for old ones. */
export function saysNeutronGone({ status, headers, body }: SendResponse): boolean {
  return status === 404 && ("NeutronError" in fieldsOf(body) || requestIdOf(headers) !== null);
}

function fieldsOf(body: Uint8Array): object {
  try {
    const said: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof said === "object" && said !== null ? said : {};
  } catch {
    return {};
  }
}

/** Glance's errors are pages like those of any gateway; but each of its answers has a request id. */
export function saysGlanceGone({ status, headers }: SendResponse): boolean {
  return (status === 404 || status === 410) && requestIdOf(headers) !== null;
}
