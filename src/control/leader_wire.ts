/**
 * The way to the daemon that leads a pool in etcd, as its record there says: HTTPS with its own certificate, which alone is
 * trusted, and its token. Commands of other machines ask over it, and so do standbys for those of theirs.
 */
import { Agent, type Dispatcher } from "undici";
import { createTimedConnector } from "../http/connectors.ts";
import { systemClock } from "../lib/clock.ts";
import { orAborted } from "../lib/or_aborted.ts";
import type { ControlWire } from "./control_client.ts";
import type { LeaderRecord } from "../lead/leader_record.ts";
import { SECOND } from "../domain/time.ts";

/** The name that the certificate of every control door is for, whatever its address: no authority gives one for it. */
export const DOOR_NAME = "control.nodepool.invalid";

/** A machine that does not answer is gone. */
const CONNECT_TIME = 3 * SECOND;

/** @param options `until`: its abort ends what is being answered, since another leads */
export function openLeaderWire(
  { host, control: { url, certificate, token } }: Pick<LeaderRecord, "host" | "control">,
  { until }: { until?: AbortSignal } = {},
): ControlWire {
  const closing = new AbortController();
  const agent = new Agent({
    // A wait may be as long as the caller wants.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: createTimedConnector({ ca: certificate, servername: DOOR_NAME }, {
      clock: systemClock,
      timeout: CONNECT_TIME,
      closing: closing.signal,
      onMade() {},
    }),
  });
  return {
    place: `${host} (${url})`,
    async send({ method, path, headers, body }, { signal }) {
      const either = AbortSignal.any([signal, until].flatMap((each) => each ?? []));
      either.throwIfAborted();
      const answer = agent.request({
        origin: url,
        path,
        method: method as Dispatcher.HttpMethod,
        headers: { ...headers, authorization: `Bearer ${token}` },
        body,
        signal: either,
      });
      return await responseOf(await orAborted(answer, either));
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await agent.destroy();
    },
  };
}

async function responseOf({ statusCode: status, headers, body }: Dispatcher.ResponseData): Promise<Response> {
  const names = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]]
  );
  if (status !== 204) return new Response(ReadableStream.from(body), { status, headers: names });
  await body.dump();
  return new Response(null, { status, headers: names });
}
