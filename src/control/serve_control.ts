/**
 * Serves the pool of this process on its control socket. Called by the process that holds the lock of a state that is
 * a file.
 */
import { answerControl } from "./control_routes.ts";
import { listenControl, type ListenControlOptions, type ListeningControl } from "./listen_control.ts";
import type { LocalPool } from "./pool_client.ts";

interface ServeControlOptions extends ListenControlOptions {
  /** Called with errors that are our own fault. */
  onDefect(error: unknown): void;
}

type ServedControl = Omit<ListeningControl, "serve">;

/**
 * Listens until it is disposed of, which ends waiting clients with status 503. The pool itself is left open.
 * @throws ControlSocketError when the path cannot be listened on
 */
export async function serveControl(pool: LocalPool, options: ServeControlOptions): Promise<ServedControl> {
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
