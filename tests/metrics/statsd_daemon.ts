/** The original `statsd`, as a process of its own, asked over its management port what arrived. */
import { createSocket } from "node:dgram";
import { fileURLToPath } from "node:url";
import manifest from "../../deno.json" with { type: "json" };
import { eventually } from "../eventually.ts";

interface StatsdDaemon extends AsyncDisposable {
  readonly port: number;
  /** Waits until so many metrics have arrived, then tells what there is. */
  received(metrics: number): Promise<Received>;
}

interface Received {
  readonly gauges: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly timers: Readonly<Record<string, readonly number[]>>;
  readonly packets: number;
  readonly badLines: number;
}

const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

export async function startStatsdDaemon(): Promise<StatsdDaemon> {
  await using made = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "statsd-" });
  made.defer(() => Deno.remove(folder, { recursive: true }));
  const [port, management] = [await freeUdpPort(), freeTcpPort()];
  const settings = {
    address: "127.0.0.1",
    port,
    mgmt_address: "127.0.0.1",
    mgmt_port: management,
    backends: [],
    flushInterval: 3_600_000,
    automaticConfigReload: false,
  };
  await Deno.writeTextFile(`${folder}/config.js`, JSON.stringify(settings));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `--config=${CONFIG}`, manifest.imports.statsd, "config.js"],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  made.defer(async () => {
    process.kill("SIGKILL");
    await process.status;
  });
  await eventually(
    () => ask(management, "health").then((text) => text.includes("up"), () => false),
  );
  const parts = made.move();
  return {
    port,
    received: (metrics) => received(management, metrics),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function received(management: number, metrics: number): Promise<Received> {
  let counters: Record<string, number> = {};
  await eventually(async () => {
    counters = parse<number>(await ask(management, "counters"));
    return counters["statsd.metrics_received"]! >= metrics;
  });
  return {
    gauges: ours(parse<number>(await ask(management, "gauges"))),
    counters: ours(counters),
    timers: ours(parse<number[]>(await ask(management, "timers"))),
    packets: counters["statsd.packets_received"]!,
    badLines: counters["statsd.bad_lines_seen"]!,
  };
}

/** One command, one answer, which ends with END (or is the one line of `health`). */
async function ask(port: number, command: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${command}\n`));
  let text = "";
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(65_536);
  while (!/^END$|^health: /m.test(text)) {
    const length = await connection.read(chunk);
    if (length === null) break;
    text += decoder.decode(chunk.subarray(0, length), { stream: true });
  }
  return text;
}

/** `{ a: 1, 'b.c': [ 1, 2 ] }`, as node prints an object. */
function parse<Value>(text: string): Record<string, Value> {
  const entries = text.matchAll(/'?([\w.;=-]+)'?: (-?[\d.]+|\[[^\]]*\])/g);
  return Object.fromEntries([...entries].map(([, name, value]) => [name!, JSON.parse(value!) as Value]));
}

function ours<Value>(values: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !name.startsWith("statsd.")));
}

function freeTcpPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

export function freeUdpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
