/** Nova's servers: complete listings and deltas, one POST and one DELETE for each life, console, fault and snapshots. */
import * as v from "valibot";
import type { CloudAhead, Server, ServerListing } from "../../domain/server.ts";
import { type Instant, SECOND } from "../../domain/time.ts";
import type { ServerRequest, WholeCloud } from "../cloud.ts";
import { CloudError } from "../../domain/cloud_error.ts";
import { saysNoConsole } from "./classify_response.ts";
import { deleteResource, showResource } from "./one_resource.ts";
import { listAllPages, nextMarker, type PageWish } from "./paging.ts";
import { ServerSchema, toServer } from "./server_schema.ts";
import type { Answer, ServiceCall, ServiceOptions, Session } from "./session.ts";
import type { Call } from "../../lib/call.ts";
import { parseUtc } from "../../domain/parse_utc.ts";

const CreatedSchema = v.object({ server: v.object({ id: v.pipe(v.string(), v.nonEmpty()) }) });
const OneSchema = v.object({ server: ServerSchema });
const ConsoleSchema = v.object({ output: v.nullish(v.string()) });
const SnapshotSchema = v.object({ image_id: v.string() });

export function createServers(options: ServiceOptions) {
  const { session } = options;
  return {
    async listServers(call) {
      try {
        return await listServers(call, options);
      } catch (error) {
        if (call.changesSince === undefined || !isNotOffered(error)) throw error;
        return await listServers({ ...call, changesSince: undefined }, options);
      }
    },
    async createServer(request, { signal }) {
      const answer = await session.request(await createCall(request, { session, signal }));
      return { id: answer.parse(CreatedSchema).server.id };
    },
    deleteServer: (id, call) => deleteResource({ ...serverOf(id), ...call, session }),
    async getServer(id, { signal }) {
      const server = serverOf(id);
      const microversion = await downCellVersion(session, {
        action: `show ${server.what}`,
        ...server,
        signal,
      });
      const look = { microversion, turn: "look", repeatable: false, signal } as const;
      const answer = await showResource({ ...server, ...look, session });
      if (answer === "gone") return "gone";
      const found = toServer(answer.parse(OneSchema).server);
      if (found.id !== id) throw answer.refuse(`the response is about server ${found.id}`);
      return found;
    },
    async getConsole(id, { lines, signal }) {
      const { what, path } = serverOf(id);
      const body = { "os-getConsoleOutput": { length: lines } };
      const action = `read the console of ${what}`;
      try {
        const call = { ...actionCall(path, body), action, repeatable: true, signal };
        return (await session.request(call)).parse(ConsoleSchema).output ?? "";
      } catch (error) {
        if (error instanceof CloudError && saysNoConsole(error)) return "";
        throw error;
      }
    },
    async createSnapshot({ serverId, name, properties }, { signal }) {
      const { what, path } = serverOf(serverId);
      const body = { createImage: { name, metadata: properties } };
      const action = `make image ${name} of ${what}`;
      const call: ServiceCall = { ...actionCall(path, body), action, turn: "create", signal };
      if (!await session.offers(ID_IN_BODY, call)) return { id: idInLocation(await session.request(call)) };
      const answer = await session.request({ ...call, microversion: ID_IN_BODY });
      return { id: answer.parse(SnapshotSchema).image_id };
    },
  } satisfies Partial<WholeCloud>;
}

function serverOf(id: string) {
  return { service: "compute", what: `server ${id}`, path: `/servers/${encodeURIComponent(id)}` } as const;
}

function actionCall(path: string, body: unknown) {
  return { service: "compute", method: "POST", path: `${path}/action`, body } as const;
}

/** From 2.45 on the answer to a snapshot tells the image's id; before, only the address in its Location does. */
const ID_IN_BODY = 45;

/** The end of `http://glance/images/ID`. */
const LOCATION = /\/images\/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\/?$/i;

function idInLocation({ response, refuse }: Answer): string {
  const { location } = response.headers;
  const match = location?.match(LOCATION);
  if (match) return match[1]!;
  throw refuse(`the response's Location is ${location ?? "missing"} and has no image id`);
}

/** From 2.69 on Nova lists the servers of cells that are down, with little more than their ids, and shows them so. */
const DOWN_CELLS = 69;

/** undefined: the cloud is older, and leaves them out. */
async function downCellVersion(
  session: Session,
  call: Pick<ServiceCall, "action" | "service" | "signal">,
): Promise<number | undefined> {
  return await session.offers(DOWN_CELLS, call) ? DOWN_CELLS : undefined;
}

/** Whether a cloud knows or gives no listing of changes alone. */
function isNotOffered(error: unknown): boolean {
  return error instanceof CloudError && [400, 403, 405, 501].includes(error.status ?? 0);
}

async function listServers(
  { signal, changesSince }: Call & { changesSince?: Instant },
  { session, clock, pageSize }: ServiceOptions,
): Promise<ServerListing> {
  const startedAt = clock.now();
  const action = changesSince === undefined ? "list servers" : "list changed servers";
  const call = { action, service: "compute", turn: "list", signal } as const;
  const microversion = changesSince === undefined ? await downCellVersion(session, call) : undefined;
  let date: Instant | null = null;
  let cloudAhead: CloudAhead | null = null;
  const servers = await listAllPages({
    pageSize,
    refuse: (message) => session.refuse({ action }, message),
    async fetch({ marker, limit }) {
      // Nova tells of cells that are down only where neither a page nor a filter is asked for.
      const isWhole = microversion !== undefined && marker === null && limit === pageSize;
      const query = isWhole ? "" : `?${listQuery({ limit, marker, changesSince })}`;
      const answer = await session.request({ ...call, path: `/servers/detail${query}`, microversion });
      if (marker === null) {
        date = parseUtc(answer.response.headers.date);
        cloudAhead = date === null ? null : aheadOf(date, { startedAt, answeredAt: clock.now() });
      }
      const page = answer.items("servers", ServerSchema);
      // One that nothing but its id could tell from ours; a list of nothing else is no list of servers.
      if (page.given > 0 && page.ids.length === 0) throw answer.refuse("no server in the list has an id");
      const items = unknownFirst(page.items.map(toServer));
      return { ...page, items, next: nextMarker("servers", answer) };
    },
  });
  const kind = changesSince === undefined ? "complete" : "delta";
  const place = await session.place({ signal });
  return { kind, startedAt, cloudTime: date ?? startedAt, cloudAhead, place, servers };
}

/** A Date header is cut to whole seconds, and was written somewhere between the question and the answer's arrival. */
function aheadOf(date: Instant, asked: { startedAt: Instant; answeredAt: Instant }): CloudAhead {
  return { atLeast: date - asked.answeredAt, atMost: date + SECOND - asked.startedAt };
}

/** The last is the marker of the next page, and Nova takes none that is in a cell that is down. */
function unknownFirst(servers: readonly Server[]): readonly Server[] {
  return servers.toSorted((one, other) =>
    Number(other.status === "UNKNOWN") - Number(one.status === "UNKNOWN")
  );
}

function listQuery(
  { limit, marker, changesSince }: PageWish & { changesSince?: Instant },
): URLSearchParams {
  const query = new URLSearchParams({ limit: String(limit) });
  if (marker !== null) query.set("marker", marker);
  if (changesSince !== undefined) {
    query.set("changes-since", `${new Date(changesSince).toISOString().slice(0, 19)}Z`);
  }
  return query;
}

/** Nova chooses a network only when asked to, since 2.37; before, when none is named. */
const AUTO_NETWORK = 37;

async function createCall(
  request: ServerRequest,
  { session, signal }: Call & { session: Session },
): Promise<ServiceCall> {
  const call = {
    action: `create server ${request.name}`,
    service: "compute",
    method: "POST",
    path: "/servers",
    turn: "create",
    signal,
  } as const;
  const chosen = request.networkIds.map((uuid) => ({ uuid }));
  if (chosen.length > 0) return { ...call, body: serverBody(request, chosen) };
  if (!await session.offers(AUTO_NETWORK, call)) return { ...call, body: serverBody(request, undefined) };
  return { ...call, microversion: AUTO_NETWORK, body: serverBody(request, "auto") };
}

function serverBody(
  request: ServerRequest,
  networks: readonly { uuid: string }[] | "auto" | undefined,
): unknown {
  const { name, flavorId, metadata, zone, keypair, securityGroups, configDrive, userdata } = request;
  return {
    server: {
      name,
      flavorRef: flavorId,
      metadata,
      networks,
      ...bootSource(request),
      ...(zone !== null && { availability_zone: zone }),
      ...(keypair !== null && { key_name: keypair }),
      ...(securityGroups.length > 0 && { security_groups: securityGroups.map((group) => ({ name: group })) }),
      ...(configDrive !== null && { config_drive: configDrive }),
      ...(userdata !== null && { user_data: new TextEncoder().encode(userdata).toBase64() }),
    },
  };
}

function bootSource({ imageId, volumeGib }: ServerRequest): object {
  if (volumeGib === null) return { imageRef: imageId };
  return {
    block_device_mapping_v2: [{
      boot_index: 0,
      uuid: imageId,
      source_type: "image",
      destination_type: "volume",
      volume_size: volumeGib,
      delete_on_termination: true,
    }],
  };
}
