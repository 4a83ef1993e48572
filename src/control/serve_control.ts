/**
 * Serves a pool on the daemon's control socket. The socket is its owner's from its first moment (mode 0600), a
 * file left by a killed daemon is replaced, and one that somebody listens on never is. Called by the daemon, which
 * holds the lock of the state.
 */
import { connectionKind } from "./connection_kind.ts";
import { controlRoutes } from "./control_routes.ts";
import { localClient } from "./local_client.ts";
import { ControlError, type PoolControl } from "./pool_control.ts";
import { ControlSocketError } from "./socket_path.ts";

export interface ServeControlOptions {
  readonly socketPath: string;
  /** Told of errors that are nobody's fault but ours. */
  onDefect(error: unknown): void;
}

/**
 * Listens until it is disposed of, which ends waiting clients with status 503. The control itself is left open.
 * @throws ControlSocketError when the path cannot be listened on
 */
export async function serveControl(
  control: PoolControl,
  { socketPath, onDefect }: ServeControlOptions,
): Promise<AsyncDisposable> {
  checkLength(socketPath);
  await clearTheWay(socketPath);
  const stop = new AbortController();
  const app = controlRoutes(localClient(control), { stopping: stop.signal, onDefect });
  const server = listen(socketPath, (request) => app.fetch(request));
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new ControlError(503, "the daemon is stopping"));
      await server.shutdown();
    },
  };
}

function listen(socketPath: string, handler: (request: Request) => Response | Promise<Response>) {
  // Only its owner may open it from the moment it is there; 0600 instead of 0700 is for those who look.
  const mask = Deno.umask(0o077);
  try {
    const server = Deno.serve({ path: socketPath, onListen() {} }, handler);
    Deno.chmodSync(socketPath, 0o600);
    return server;
  } catch (cause) {
    throw new ControlSocketError(`cannot listen on the control socket ${socketPath}`, { cause });
  } finally {
    Deno.umask(mask);
  }
}

/** What the kernel's sockaddr_un holds, its final zero byte not counted. */
const LONGEST_PATH = Deno.build.os === "darwin" ? 103 : 107;

function checkLength(socketPath: string): void {
  const length = new TextEncoder().encode(socketPath).length;
  if (length <= LONGEST_PATH) return;
  throw new ControlSocketError(
    `the control socket's path ${socketPath} has ${length} bytes, the system allows ${LONGEST_PATH}: ` +
      "give a shorter path as `state`",
  );
}

async function clearTheWay(socketPath: string): Promise<void> {
  const kind = await connectionKind(socketPath);
  switch (kind) {
    case "nothing":
      return;
    case "stale":
      return await Deno.remove(socketPath);
    case "listening":
      throw new ControlSocketError(
        `another daemon listens on ${socketPath}: stop it, or use another \`state\``,
      );
    case "no-socket":
      throw new ControlSocketError(`${socketPath} is in the way of the control socket and is none: move it`);
    case "forbidden":
      throw new ControlSocketError(`${socketPath} belongs to another user: run the daemon as its owner`);
  }
}
