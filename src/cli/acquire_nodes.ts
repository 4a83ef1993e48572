/**
 * Gets nodes from the daemon and hands them over, whatever happens to the daemon meanwhile. The order keeps nodes from
 * being lost: until the request is confirmed, which comes after the nodes were handed over, the daemon takes them back
 * by itself when nobody asks for them any more. Each step may be repeated: a request that arrives twice is one, by its
 * token; a grant is answered as often as it is asked for; a confirmed request can be confirmed again.
 */
import { isUnwritable } from "../control/control_error.ts";
import type { PoolClient } from "../control/pool_client.ts";
import type { RequestSpec } from "../control/operations/request_operations.ts";
import { durationText, type Instant, type Milliseconds, SECOND, spacedDuration } from "../domain/time.ts";
import { startDeadline } from "../lib/deadline.ts";
import type { AcquiredNodesView } from "../views/acquired_nodes.ts";
import type { ObstacleView } from "../views/obstacle_view.ts";
import type { RequestView } from "../views/request_list.ts";
import type { CliContext } from "./cli_context.ts";
import { InterruptedError } from "./cli_error.ts";
import { LastingPool } from "./lasting_pool.ts";
import { WaitTeller } from "./tell_waits.ts";
import { userName } from "./user_name.ts";
import { writeLine } from "./write_line.ts";

interface Acquisition extends Pick<RequestSpec, "label" | "count" | "job"> {
  /** Not to be waited for longer. */
  readonly wait: Milliseconds;
  /** Whether what waiting does not cure ends it; null: where only another configuration cures it. */
  readonly failFast: boolean | null;
  /** Hands the nodes over; when it throws, they go back. */
  readonly deliver: (acquired: AcquiredNodesView) => Promise<void>;
}

/** The daemon keeps what was granted for this long after the deadline. */
const CONFIRM_GRACE = 30 * SECOND;

export async function acquireNodes(
  context: CliContext,
  { label, count, job, wait, failFast, deliver }: Acquisition,
): Promise<void> {
  const { io } = context;
  await using daemon = await LastingPool.open(context);
  using interrupts = io.interrupts();
  const { signal } = interrupts;
  const deadline = io.clock.now() + wait;
  const order = { label, count, job, client: userName(io), token: io.random.uuid() };
  /** Made for each daemon that is asked: the machine's clock may be set between two. */
  const spec = () => ({ ...order, deadline: io.clock.wall() + Math.max(0, deadline - io.clock.now()) });
  /** The answer, if it comes by then; else what `late` makes. */
  const ask = async <Answer>(
    question: (pool: PoolClient, options: { signal: AbortSignal }) => Promise<Answer>,
    { by, late, end = signal }: {
      by: Instant;
      late: (trouble: string | null) => Promise<Error>;
      end?: AbortSignal;
    },
  ) => {
    using limit = startDeadline({ clock: io.clock, timeout: by - io.clock.now(), signal: end });
    for (let trouble: string | null = null;;) {
      try {
        return await daemon.outlast((pool) => question(pool, limit), limit);
      } catch (error) {
        if (limit.passed) throw await late(trouble);
        if (!isUnwritable(error) || failFast === true) throw error;
        const { message } = error as Error;
        if (message !== trouble) writeLine(io.stderr, `nodepool: ${trouble = message}; trying again`);
        await io.clock.sleep(SECOND, limit).catch(() => {});
      }
    }
  };

  const request = await ask((pool, options) => pool.ask("request", spec(), options), {
    by: deadline,
    late: failure(`no daemon took the request within ${durationText(wait)}`),
  });
  await withdrawUnlessDone(daemon, request, async () => {
    const acquired = await whileTelling(
      context,
      { daemon, request, deadline, failFast, signal },
      (told) =>
        ask((pool, options) => pool.ask("request-grant", { id: request.id }, options), {
          by: deadline,
          end: told.signal,
          late: () => describeTimeout(daemon, { request, wait, reason: told.lastReason }),
        }),
    );
    await deliver(acquired);
    await ask((pool, options) => pool.ask("request-confirm", { id: request.id }, options), {
      by: deadline + CONFIRM_GRACE,
      late: failure("cannot tell a daemon that the nodes were taken: the next one deletes them"),
    });
  });
}

interface Told extends Pick<Acquisition, "failFast"> {
  readonly daemon: LastingPool;
  readonly request: RequestView;
  readonly deadline: Instant;
  readonly signal: AbortSignal;
}

/** Says meanwhile what is waited for. @throws Error where waiting is of no use */
async function whileTelling<Answer>(
  { io }: CliContext,
  { daemon, request: { id, count, label }, deadline, failFast, signal }: Told,
  wait: (told: { readonly signal: AbortSignal; readonly lastReason: string | null }) => Promise<Answer>,
): Promise<Answer> {
  const what = `${count} of ${label}`;
  const teller = new WaitTeller();
  const hopeless = new AbortController();
  const told = {
    signal: AbortSignal.any([signal, hopeless.signal]),
    get lastReason() {
      return teller.lastReason;
    },
  };
  try {
    return await teller.during(() => wait(told), {
      io,
      ask: (request, call) => daemon.askOnce((pool) => pool.ask("waits", request, call)),
      asked: { requests: [id] },
      what,
      ending: () => `; gives up in ${spacedDuration(deadline - io.clock.now())}`,
      onNews() {
        if (!isHopeless(teller.obstacles, failFast)) return;
        hopeless.abort(new Error(`no use waiting for ${what}: ${teller.lastReason}`));
      },
      signal,
    });
  } catch (error) {
    if (!(error instanceof InterruptedError) || teller.lastReason === null) throw error;
    throw new InterruptedError(`interrupted while waiting for ${what}: ${teller.lastReason}`);
  }
}

/** Whether waiting cures none of them. @param failFast as `Acquisition` has it */
function isHopeless(obstacles: readonly ObstacleView[], failFast: boolean | null): boolean {
  if (obstacles.length === 0 || failFast === false) return false;
  return obstacles.every(({ cure }) => cure === "configuration" || (failFast === true && cure === "repair"));
}

function failure(message: string): (trouble: string | null) => Promise<Error> {
  return (trouble) => Promise.resolve(new Error(trouble === null ? message : `${message}: ${trouble}`));
}

/** Nodes that nobody heard of must not stay taken: whatever goes wrong, the request is withdrawn. */
async function withdrawUnlessDone(
  daemon: LastingPool,
  request: RequestView,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    // The daemon, or the next one, withdraws it by itself once nobody attends to it.
    await daemon.askOnce((pool) => pool.ask("request-withdraw", { id: request.id }));
    throw error;
  }
}

async function describeTimeout(
  daemon: LastingPool,
  { request: { id, label, count }, wait, reason: last }: {
    request: RequestView;
    wait: Milliseconds;
    reason: string | null;
  },
): Promise<Error> {
  const list = await daemon.askOnce((pool) => pool.ask("request-list", { label }));
  const reason = list === null
    ? "the daemon is not running"
    : last ?? list.requests.find((request) => request.id === id)?.waiting_on?.message;
  const nodes = count === 1 ? "no node" : `no ${count} nodes`;
  const text = `${nodes} of label ${label} within ${durationText(wait)}`;
  return new Error(reason === undefined ? text : `${text}: ${reason}`);
}
