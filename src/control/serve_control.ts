/**
 * Serves a pool on the daemon's control socket: its owner's alone, and made again where somebody removes or replaces
 * it. Called by the daemon, which holds the lock of the state.
 */
import { type Clock, systemClock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { HttpServer } from "../lib/http/http_server.ts";
import { loggerOf } from "../lib/logging.ts";
import { controlRoutes } from "./control_routes.ts";
import { ControlSocket } from "./control_socket.ts";
import { ControlError } from "./control_error.ts";
import type { LocalPool } from "./pool_client.ts";

interface ServeControlOptions {
  readonly socketPath: string;
  /** At once. */
  readonly connections?: number;
  /** Called with errors that are our own fault. */
  onDefect(error: unknown): void;
  readonly clock?: Clock;
}

interface ServedControl extends AsyncDisposable {
  readonly connections: HttpServer["counts"];
}

/** How often the socket is looked at: commands that find none wait for longer. */
const LOOK = 2_000;

const log = loggerOf("control");

/**
 * Listens until it is disposed of, which ends waiting clients with status 503. The pool itself is left open.
 * @throws ControlSocketError when the path cannot be listened on
 */
export async function serveControl(
  pool: LocalPool,
  { socketPath, connections, onDefect, clock = systemClock }: ServeControlOptions,
): Promise<ServedControl> {
  const stop = new AbortController();
  const app = controlRoutes(pool, { stopping: stop.signal, onDefect });
  const first = await ControlSocket.open(socketPath);
  const server = new HttpServer((request) => app.fetch(request), {
    limits: connections === undefined ? {} : { connections },
  });
  server.listen(first.listener);
  const kept = keepInPlace(first, { socketPath, server, clock, signal: stop.signal });
  return {
    get connections() {
      return server.counts;
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new ControlError(503, "the daemon is stopping"));
      (await kept)[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Until the signal is aborted. @returns the last socket */
async function keepInPlace(
  socket: ControlSocket,
  { socketPath, server, clock, signal }: {
    socketPath: string;
    server: HttpServer;
    clock: Clock;
    signal: AbortSignal;
  },
): Promise<ControlSocket> {
  while (await clock.sleep(LOOK, { signal }).then(() => true, () => false)) {
    if (socket.isInPlace()) continue;
    try {
      const next = await ControlSocket.open(socketPath);
      server.close(socket.listener);
      server.listen(next.listener);
      socket = next;
      log.warning("the control socket {path} was removed or replaced; it has been restored", {
        path: socketPath,
      });
    } catch (error) {
      log.error("commands cannot reach this daemon: its control socket is gone: {error}", {
        error: errorChain(error),
      });
    }
  }
  return socket;
}
