/** An image of a server as it is, which Nova makes and puts into Glance. */
import * as v from "valibot";
import type { Cloud } from "../cloud.ts";
import type { ServiceOptions } from "./service_options.ts";
import type { Answer, ServiceCall, Session } from "./session.ts";
import type { Call } from "../../lib/call.ts";

/** From here on the answer's body tells the image's id; before, only the address in its Location does. */
const ID_IN_BODY = "2.45";

const SnapshotSchema = v.object({ image_id: v.string() });

/** The end of `http://glance/images/ID`. */
const LOCATION = /\/images\/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\/?$/i;

export function createSnapshots({ session }: ServiceOptions): Pick<Cloud, "createSnapshot"> {
  return { createSnapshot: (request, call) => createSnapshot(request, { ...call, session }) };
}

async function createSnapshot(
  { serverId, name, properties }: Parameters<Cloud["createSnapshot"]>[0],
  { session, signal }: Call & { session: Session },
): Promise<{ id: string }> {
  const call: ServiceCall = {
    action: `make image ${name} of server ${serverId}`,
    service: "compute",
    method: "POST",
    path: `/servers/${encodeURIComponent(serverId)}/action`,
    body: { createImage: { name, metadata: properties } },
    turn: "create",
    signal,
  };
  if (!await session.offers(ID_IN_BODY, call)) return { id: idInLocation(await session.request(call)) };
  const answer = await session.request({ ...call, microversion: ID_IN_BODY });
  return { id: answer.parse(SnapshotSchema).image_id };
}

function idInLocation({ response, refuse }: Answer): string {
  const { location } = response.headers;
  const match = location?.match(LOCATION);
  if (match) return match[1]!;
  throw refuse(`the response's Location is ${location ?? "missing"} and has no image id`);
}
