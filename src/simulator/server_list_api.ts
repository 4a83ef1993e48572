/** Nova's listings of servers: newest first, in pages, with filters and `changes-since`. */
import type { Handle, Strikes } from "./api.ts";
import { found, invalidInput, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import type { ServerView } from "./fault.ts";
import { nextLinks, pageLimit } from "./paging.ts";
import { briefServer, downServer, fullServer } from "./server_view.ts";
import { isCellDownAt, type SimulatedServer, statusAt } from "./simulated_server.ts";

/** `GET /servers` and `GET /servers/detail`. */
export function listServers({ detail }: { detail: boolean }): Handle {
  return (exchange, strikes) => {
    const view = serverView(exchange, strikes);
    const { page, more } = pageOf(exchange, view);
    const shown = page.map((server) =>
      detail
        ? fullServer(exchange, server, { now: shownAt(exchange, view, server) })
        : briefServer(exchange, server)
    );
    const servers = [...shown, ...view.down.flatMap((server) => downServer(exchange, server) ?? [])];
    const next = more && !view.cut ? nextLinks(exchange, "servers", page.at(-1)!) : {};
    return jsonAnswer(200, { servers, ...next });
  };
}

function serverView(exchange: Exchange, strikes: Strikes): ServerView {
  const { cloud, now, query } = exchange;
  const since = changesSince(query);
  const all = since === null ? cloud.servers.standing() : cloud.servers.changedSince(since);
  const isDown = (server: SimulatedServer) => isCellDownAt(server, now);
  // Of servers in cells that are down Nova tells only where neither a page nor a filter is asked for.
  const down = query.size === 0 ? all.filter(isDown).toReversed() : [];
  const view: ServerView = { servers: all, asOf: now, cut: false, down };
  for (const { strike, blow } of strikes("listing")) strike(blow, view, cloud);
  view.servers = filtered(view, query).filter((server) => !isDown(server));
  return view;
}

/** A complete listing never says DELETED: what it should not show any more, it shows as it was last. */
function shownAt({ query }: Exchange, view: ServerView, server: SimulatedServer): number {
  return query.has("changes-since") ? view.asOf : Math.min(view.asOf, server.goneAt - 1);
}

function changesSince(query: URLSearchParams): number | null {
  const text = query.get("changes-since");
  if (text === null) return null;
  // Without a zone it is UTC, as Nova reads it; Date would take it for local time.
  const at = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(at)) {
    throw invalidInput("query parameters changes-since", text, `'${text}' is not a 'date-time'`);
  }
  return at;
}

function filtered({ servers, asOf }: ServerView, query: URLSearchParams): readonly SimulatedServer[] {
  const name = query.get("name");
  const status = query.get("status")?.toUpperCase() ?? null;
  if (name === null && status === null) return servers;
  const fits = nameFilter(name);
  return servers.filter((server) =>
    fits(server.name) && (status === null || statusAt(server, asOf) === status)
  );
}

/** Nova takes the name for a regular expression that may match anywhere. */
function nameFilter(pattern: string | null): (name: string) => boolean {
  if (pattern === null) return () => true;
  try {
    const expression = new RegExp(pattern);
    return (name) => expression.test(name);
  } catch {
    return (name) => name.includes(pattern);
  }
}

function pageOf(exchange: Exchange, view: ServerView): { page: SimulatedServer[]; more: boolean } {
  const end = markerPosition(exchange, view.servers);
  const start = Math.max(0, end - pageLimit(exchange));
  return { page: view.servers.slice(start, end).reverse(), more: start > 0 };
}

/** How many servers of the list are older than the marker; the marker itself need not be listed any more. */
function markerPosition({ query, cloud }: Exchange, servers: readonly SimulatedServer[]): number {
  const marker = query.get("marker");
  if (marker === null) return servers.length;
  const { sequence } = found(cloud.servers.get(marker), `marker [${marker}] not found`, { status: 400 });
  const position = servers.findIndex((one) => one.sequence >= sequence);
  return position === -1 ? servers.length : position;
}
