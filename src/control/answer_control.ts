/**
 * Control requests, answered from this process's own pool until it is disposed of: then everybody who waits gets 503.
 */
import type { HttpHandler } from "../lib/http/http_server.ts";
import { ControlError } from "./control_error.ts";
import { controlRoutes } from "./control_routes.ts";
import type { LocalPool } from "./pool_client.ts";

interface AnsweredControl extends Disposable {
  readonly handle: HttpHandler;
}

/** The pool itself is left open. @param options `onDefect`: called with errors that are our own fault */
export function answerControl(
  pool: LocalPool,
  { onDefect }: { onDefect(error: unknown): void },
): AnsweredControl {
  const stop = new AbortController();
  const routes = controlRoutes(pool, { stopping: stop.signal, onDefect });
  return {
    handle: (request) => routes.fetch(request),
    [Symbol.dispose]: () => stop.abort(new ControlError(503, "the daemon is stopping")),
  };
}
