/**
 * undici's connector with a deadline on our own clock: undici's shared coarse timer would outlive every client.
 * `undici_send` calls it.
 */
import type { Socket } from "node:net";
import { buildConnector } from "undici";
import type { Clock } from "../lib/clock.ts";
import type { Milliseconds } from "../domain/time.ts";

/** @param options `closing`: its abort ends connections that are not made yet; `onMade`: called with each made one */
export function createTimedConnector(
  tls: buildConnector.BuildOptions,
  options: {
    clock: Clock;
    timeout: Milliseconds;
    closing: AbortSignal;
    onMade: (host: string, socket: Socket) => void;
  },
): buildConnector.connector {
  const connect = buildConnector({ ...tls, timeout: 0, allowH2: false }) as (
    ...args: Parameters<buildConnector.connector>
  ) => Socket;
  return (target, callback) => {
    const made = new AbortController();
    const socket = connect(target, (...result) => {
      made.abort();
      if (result[1] !== null) options.onMade(target.host ?? target.hostname, result[1]);
      callback(...result);
    });
    const signal = AbortSignal.any([made.signal, options.closing]);
    options.clock.sleep(options.timeout, { signal }).then(
      () => socket.destroy(Object.assign(new Error("timed out"), { code: "UND_ERR_CONNECT_TIMEOUT" })),
      () => made.signal.aborted || socket.destroy(new Error("the client was closed")),
    );
  };
}
