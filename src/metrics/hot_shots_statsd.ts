/**
 * `Statsd` over UDP with hot-shots: values are gathered into packets that fit a network's frame and go out each second.
 * A host that is not known or not there is one line in the log. The composition root makes one.
 */
import type { SocketOptions } from "node:dgram";
import { StatsD } from "hot-shots";
import { NEVER } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { endsInTime } from "../lib/deadline.ts";
import { loggerOf } from "../lib/logging.ts";
import { HOUR, type Instant, type Milliseconds, SECOND } from "../domain/time.ts";
import type { Statsd } from "./statsd_metrics.ts";
import type { StatsdAddress } from "./statsd_address.ts";

/** Bytes: what Ethernet carries in one piece, with room for tunnels' headers. */
const MAX_PACKET = 1_400;
const FLUSH_INTERVAL: Milliseconds = SECOND;
/** For what is left to go out at the end: a name server that does not answer must not keep the process. */
const CLOSING_TIME: Milliseconds = 2 * SECOND;
/** The same trouble is logged again after this time. */
const SILENCE: Milliseconds = HOUR;

const log = loggerOf("statsd");

interface HotShotsStatsdOptions extends StatsdAddress {
  readonly clock: Clock;
  /** Called now and then with trouble with the network; by default it is logged. */
  readonly onTrouble?: (message: string) => void;
  /** Finds the host's address; by default as the machine does. */
  readonly lookup?: SocketOptions["lookup"];
}

/** Sends nothing yet; disposing of it sends what is left. */
export function createHotShotsStatsd(options: HotShotsStatsdOptions): Statsd & AsyncDisposable {
  const { host, port, clock, lookup } = options;
  const tell = rarely(options.onTrouble ?? ((message) => log.warning("{message}", { message })), clock);
  const client = new StatsD({
    host,
    port,
    protocol: "udp",
    maxBufferSize: MAX_PACKET,
    bufferFlushInterval: FLUSH_INTERVAL,
    ...(lookup === undefined ? {} : { udpSocketOptions: { type: "udp4", lookup } }),
    // Plain StatsD, whatever a Datadog agent has set in the environment.
    datadog: false,
    includeDataDogTags: false,
    includeDatadogTelemetry: false,
    errorHandler: (error) => tell(`cannot send to StatsD at ${host}:${port}: ${error.message}`),
  });
  return {
    gauge: (name, value) => client.gauge(name, Math.max(0, value)),
    timing: (name, duration) => client.timing(name, Math.max(0, Math.round(duration))),
    increment: (name) => client.increment(name),
    async [Symbol.asyncDispose]() {
      // A last packet that cannot be sent keeps hot-shots from closing: the second time it has none.
      const closing = closed(client).then((isClosed) => isClosed || closed(client));
      if (await endsInTime(closing, { clock, timeout: CLOSING_TIME, signal: NEVER })) return;
      tell(
        `cannot send the last metrics to StatsD at ${host}:${port}: its host name is not resolved in time`,
      );
    },
  };
}

function closed(client: StatsD): Promise<boolean> {
  return new Promise((resolve) => client.close((error) => resolve(!error)));
}

/** Tells the first of many equal complaints, and again after a while. */
function rarely(tell: (message: string) => void, clock: Clock): (message: string) => void {
  let last: { readonly message: string; readonly at: Instant } | null = null;
  return (message) => {
    const at = clock.monotonic();
    if (last?.message === message && at - last.at < SILENCE) return;
    last = { message, at };
    tell(message);
  };
}
