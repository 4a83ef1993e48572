/**
 * Listens on the control socket of this machine's daemon: its owner's alone, and made again where somebody removes or
 * replaces it. What answers there may change: a standby that comes to lead answers itself.
 */
import { type Clock, sleptThrough, systemClock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { type HttpHandler, HttpServer } from "../lib/http/http_server.ts";
import { loggerOf } from "../lib/logging.ts";
import { answerControl } from "./control_routes.ts";
import { ControlSocket } from "./control_socket.ts";
import type { LocalPool } from "./pool_client.ts";

interface ListenControlOptions {
  readonly socketPath: string;
  /** At once. */
  readonly connections?: number;
  readonly clock?: Clock;
}

export type ListeningControl = Awaited<ReturnType<typeof listenControl>>;

/** How often the socket is looked at: commands that find none wait for longer. */
const LOOK = 2_000;

const log = loggerOf("control");

/** Until it is disposed of. @throws ControlSocketError when the path cannot be listened on */
export async function listenControl(
  handler: HttpHandler,
  { socketPath, connections, clock = systemClock }: ListenControlOptions,
) {
  const stop = new AbortController();
  const first = await ControlSocket.open(socketPath);
  const server = new HttpServer((request) => handler(request), {
    limits: connections === undefined ? {} : { connections },
  });
  server.listen(first.listener);
  const kept = keepInPlace(first, { socketPath, server, clock, signal: stop.signal });
  return {
    get connections() {
      return server.counts;
    },
    /** From now on, this answers. */
    serve(next: HttpHandler) {
      handler = next;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
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
  let told: string | null = null;
  while (await sleptThrough(clock, LOOK, { signal })) {
    if (socket.isInPlace()) {
      if (told !== null) log.info("commands can reach this daemon again");
      told = null;
      continue;
    }
    try {
      const next = await ControlSocket.open(socketPath);
      server.close(socket.listener);
      server.listen(next.listener);
      socket = next;
      told = null;
      log.warning("the control socket {path} was removed or replaced; it has been restored", {
        path: socketPath,
      });
    } catch (failure) {
      const error = errorChain(failure);
      if (error !== told) {
        log.error("commands cannot reach this daemon: its control socket is gone: {error}", { error });
      }
      told = error;
    }
  }
  return socket;
}

interface ServeControlOptions extends ListenControlOptions {
  /** Called with errors that are our own fault. */
  onDefect(error: unknown): void;
}

/**
 * Serves the pool of this process on its control socket, for one that holds the lock of a state that is a file. Listens until it is disposed of, which ends waiting clients with status 503. The pool itself is left open.
 * @throws ControlSocketError when the path cannot be listened on
 */
export async function serveControl(pool: LocalPool, options: ServeControlOptions) {
  const answered = answerControl(pool, options);
  const listening = await listenControl(answered.handle, options);
  return {
    get connections() {
      return listening.connections;
    },
    async [Symbol.asyncDispose]() {
      answered[Symbol.dispose]();
      await listening[Symbol.asyncDispose]();
    },
  };
}
