/**
 * The doors of a daemon whose pool's state is in etcd: the control socket of this machine, the control door for others, and
 * the status endpoint. They are open as long as it lives: a standby sends everybody to the leader, and once it leads its own
 * pool answers. `member.ts` opens them before it campaigns, since its record says where they are.
 */
import { answerControl } from "../control/control_routes.ts";
import { type ControlDoor, openControlDoor } from "../control/control_door.ts";
import { ForwardedControl } from "../control/forward_control.ts";
import { listenControl, type ListeningControl } from "../control/listen_control.ts";
import type { LocalPool } from "../control/pool_client.ts";
import { ControlSocketError, controlSocketPath } from "../control/socket_path.ts";
import type { Config } from "../domain/config.ts";
import type { EtcdConfig } from "../domain/etcd_config.ts";
import { doorLimits } from "./door_limits.ts";
import type { CampaignLook } from "../lead/campaign.ts";
import type { LeaderRecord } from "../lead/leader_record.ts";
import { buildInfo } from "../lib/build_info.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import type { HttpHandler } from "../lib/http/http_server.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import { processUse } from "../lib/process_use.ts";
import { scrapeStandby } from "../metrics/standby_metrics.ts";
import type { Seat } from "./seat.ts";
import { createStandbySite } from "../site/create_standby_site.ts";
import { serveSite } from "../site/serve_site.ts";

const log = loggerOf("daemon");

interface DoorsOptions {
  readonly config: Config;
  readonly etcd: EtcdConfig;
  readonly host: string;
  readonly clock: Clock;
  /** Whether there is a status endpoint. */
  readonly hasSite: boolean;
  /** The answer to `status` while no leader is known. @param options `problem`: why not, for people */
  status(options: { readonly problem: string | null } & Call): Promise<object>;
}

export interface MemberDoors extends Pick<Seat, "serveControl" | "serveSite">, AsyncDisposable {
  /** Where they are, for the record of this process. */
  readonly place: Pick<LeaderRecord, "control" | "status">;
  /** Says who leads, as far as this process knows. */
  note(look: CampaignLook): void;
}

/** @throws ControlSocketError, ServeSiteError */
export async function openMemberDoors(
  { config, etcd, host, clock, hasSite, status }: DoorsOptions,
): Promise<MemberDoors> {
  await using opening = new AsyncDisposableStack();
  let seen: CampaignLook = { leader: null, problem: null };
  const leader = () => seen.leader;
  const limits = doorLimits();
  const commands = Math.ceil(limits.commands / 2);
  const forwarding = opening.use(
    new ForwardedControl({
      leader,
      pool: etcd.pool,
      clock,
      status: ({ signal }) => status({ problem: seen.problem, signal }),
    }),
  );
  const door = opening.use(openControlDoor({ control: etcd.control, host, connections: commands, clock }));
  const socketPath = controlSocketPath(config.state);
  const socket = await openSocket(forwarding.handle, { socketPath, connections: commands });
  opening.use(socket);
  door.serve(forwarding.handle);
  const startedAt = clock.wall();
  const standbySite = createStandbySite({
    leader,
    problem: () => seen.problem,
    self: { host },
    scrape: (how) => scrapeStandby({ pool: etcd.pool, startedAt, ...buildInfo(), ...processUse() }, how),
  });
  let answer: HttpHandler = (request) => standbySite.fetch(request);
  const site = { fetch: (request: Request) => answer(request) };
  const served = hasSite
    ? opening.use(serveSite(site, { listen: config.status.listen, ...limits.site }))
    : null;
  const resources = opening.move();
  return {
    place: { control: door.control, status: served?.urls[0] ?? null },
    note: (look) => seen = look,
    serveControl: (pool, options) => Promise.resolve(answering([door, socket], pool, options)),
    serveSite({ fetch }) {
      answer = fetch;
      return { ...served!, [Symbol.asyncDispose]: () => Promise.resolve() };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** null: another process of this machine listens there, or nobody can. */
async function openSocket(
  handler: HttpHandler,
  options: { readonly socketPath: string; readonly connections: number },
): Promise<ListeningControl | null> {
  try {
    return await listenControl(handler, options);
  } catch (error) {
    if (!(error instanceof ControlSocketError)) throw error;
    log.warning("no control socket: {error}; commands on this machine find the leader through etcd", {
      error: errorChain(error),
    });
    return null;
  }
}

/** From now on the pool answers there; when it is disposed of, waiting callers hear that the daemon is stopping. */
function answering(
  doors: readonly (Pick<ControlDoor, "connections" | "serve"> | null)[],
  pool: LocalPool,
  { onDefect }: { onDefect(error: unknown): void },
) {
  const answered = answerControl(pool, { onDefect });
  for (const door of doors) door?.serve(answered.handle);
  const sum = (what: "open" | "busy") =>
    doors.reduce((total, door) => total + (door?.connections[what] ?? 0), 0);
  return {
    get connections() {
      return { open: sum("open"), busy: sum("busy") };
    },
    [Symbol.asyncDispose]() {
      answered[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}
