/**
 * The way to the daemon that leads a pool in etcd, as its record there says: HTTPS with its own certificate, which alone is
 * trusted, and its token. Commands of other machines ask over it, and so do standbys for those of theirs.
 */
import { Agent, type Dispatcher } from "undici";
import { createTimedConnector } from "../http/timed_connector.ts";
import { systemClock } from "../lib/clock.ts";
import { DOOR_NAME } from "./door_name.ts";
import type { ControlWire, WireCall } from "./control_client.ts";
import type { LeaderRecord } from "../lead/leader_record.ts";
import { SECOND } from "../domain/time.ts";

/** A machine that does not answer is gone. */
const CONNECT_TIME = 3 * SECOND;

/** @param options `until`: its abort ends what is being answered, since another leads */
export function openLeaderWire(
  leader: Pick<LeaderRecord, "host" | "control">,
  { until }: { until?: AbortSignal } = {},
): ControlWire {
  return new LeaderWire(leader, until);
}

class LeaderWire implements ControlWire {
  readonly place: string;
  readonly #control: LeaderRecord["control"];
  readonly #agent: Agent;
  readonly #closing = new AbortController();
  /** Of the requests whose answers have not ended. */
  readonly #open = new Set<AbortController>();

  constructor({ host, control }: Pick<LeaderRecord, "host" | "control">, until: AbortSignal | undefined) {
    this.place = `${host} (${control.url})`;
    this.#control = control;
    this.#agent = new Agent({
      // A wait may be as long as whoever waits wants.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: createTimedConnector({ ca: control.certificate, servername: DOOR_NAME }, {
        clock: systemClock,
        timeout: CONNECT_TIME,
        closing: this.#closing.signal,
        onMade() {},
      }),
    });
    until?.addEventListener("abort", () => this.#open.forEach((request) => request.abort(until.reason)));
  }

  /** With a controller of its own: a signal made of several may be collected before anybody aborts it. */
  async send({ method, path, headers, body }: WireCall, { signal }: { signal?: AbortSignal }) {
    const { url, token } = this.#control;
    signal?.throwIfAborted();
    const request = new AbortController();
    const abort = () => request.abort(signal!.reason);
    const end = () => {
      signal?.removeEventListener("abort", abort);
      this.#open.delete(request);
    };
    signal?.addEventListener("abort", abort);
    this.#open.add(request);
    try {
      const answer = await this.#agent.request({
        origin: url,
        path,
        method: method as Dispatcher.HttpMethod,
        headers: { ...headers, authorization: `Bearer ${token}` },
        body,
        signal: request.signal,
      });
      return await responseOf(answer, end);
    } catch (error) {
      end();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#agent.destroy();
  }
}

/** @param end called when the answer has been read, or is given up */
async function responseOf(
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
  end: () => void,
): Promise<Response> {
  const names = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]]
  );
  if (status !== 204) return new Response(streamOf(body, end), { status, headers: names });
  await body.dump();
  end();
  return new Response(null, { status, headers: names });
}

function streamOf(body: Dispatcher.ResponseData["body"], end: () => void): ReadableStream<Uint8Array> {
  const pieces: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next().catch((error) => {
        end();
        throw error;
      });
      if (!done) return controller.enqueue(value);
      end();
      controller.close();
    },
    cancel() {
      end();
      body.destroy();
    },
  }, { highWaterMark: 0 });
}
