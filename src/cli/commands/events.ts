/** `nodepool events`: what has happened in the pool, and with `--follow` what happens, as it does. */
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { ControlError } from "../../control/control_error.ts";
import type { RequestOf } from "../../control/operations.ts";
import type { PoolClient } from "../../control/pool_client.ts";
import { eventKinds } from "../../domain/pool_event.ts";
import { HOUR } from "../../domain/time.ts";
import type { Call } from "../../lib/call.ts";
import type { EventView } from "../../views/events.ts";
import type { CliContext } from "../cli_context.ts";
import { checkWindow, idArgument, instantArgument } from "../arguments.ts";
import { InterruptedError } from "../cli_error.ts";
import { example, helpGroup } from "../help.ts";
import { LastingPool } from "../lasting_pool.ts";
import { openDaemonsPool, openPool } from "../open_pool.ts";
import { formatOption } from "../output_options.ts";
import { writeLine } from "../write_line.ts";
import type { CliIo } from "../cli_io.ts";

/** Without a beginning: what has happened lately. */
const LATELY = HOUR;

type Wish = RequestOf<"events"> & { readonly print: (event: EventView) => void };

export function eventsCommand(context: CliContext) {
  return new Command("events")
    .helpGroup(helpGroup.pool)
    .description(
      "show what has happened in the pool: to nodes, images, requests, providers, the configuration",
    )
    .option("-f, --follow", "keep printing events as they happen; from now on, unless a start is given")
    .option(
      "--since <time>",
      "from this time on: 2h (two hours ago), 2026-01-31T18:00",
      instantArgument(context.io),
    )
    .option("--after <id>", "only those after the event with this id", idArgument)
    .option(
      "--kind <kind>",
      "only events of one kind, or about one kind of thing: node.failed, node",
      kindArgument,
    )
    .addOption(formatOption(["text", "json"], "how to print them; json: one document a line"))
    .addHelpText("after", example("nodepool events --follow --kind node"))
    .action(async ({ follow = false, since, after, kind, output }) => {
      const { stdout, clock } = context.io;
      checkWindow({ since }, context.io);
      const print = eventPrinter(stdout, { output, kind });
      if (follow) return await followEvents(context, { follow, print, since, after });
      await using pool = await openPool(context);
      const beginning = after === undefined ? { since: since ?? clock.wall() - LATELY } : { after };
      await readEvents(pool, { follow, print, ...beginning }, new AbortController());
    });
}

/** A kind of events, or what comes before its dot. */
function kindArgument(text: string): string {
  const [thing, happening] = text.split(".", 2);
  const known = Object.hasOwn(eventKinds, thing!) ? eventKinds[thing as keyof typeof eventKinds] : null;
  if (known === null) {
    throw new InvalidArgumentError(`Allowed choices are ${Object.keys(eventKinds).join(", ")}.`);
  }
  if (text === thing || (known as readonly string[]).includes(happening!)) return text;
  const kinds = known.map((one) => `${thing}.${one}`);
  throw new InvalidArgumentError(`Allowed choices are ${[thing, ...kinds].join(", ")}.`);
}

/** Until it is interrupted. A daemon that stops is waited for: its events go on where they were. */
async function followEvents(context: CliContext, wish: Wish): Promise<void> {
  await using daemon = await LastingPool.open(context, openDaemonsPool);
  using interrupts = context.io.interrupts();
  const { signal } = interrupts;
  let rest = wish;
  try {
    await daemon.outlast(async (pool) => {
      await readEvents(pool, rest, {
        signal,
        onRead: (after) => rest = { ...wish, since: undefined, after },
      });
      throw new ControlError(503, "the daemon is stopping");
    }, { signal });
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
  }
}

/** Until they end. @param options `onRead`: told each one's id */
async function readEvents(
  pool: PoolClient,
  { print, ...wish }: Wish,
  { signal, onRead = () => {} }: Call & { onRead?: (id: number) => void },
): Promise<void> {
  for await (const { id, event } of eventsIn(await pool.ask("events", wish, { signal }))) {
    if (event !== null) print(event);
    onRead(id);
  }
}

/** `2030-01-02T03:04:05.000Z node.ready        node 7 is ready after 42s`. @param options `kind`: the beginning of the kinds to print */
function eventPrinter(
  stdout: CliIo["stdout"],
  { output, kind }: { output: "text" | "json"; kind: string | undefined },
): (event: EventView) => void {
  return (event) => {
    // That some are missing concerns every reader.
    const isWanted = kind === undefined || event.kind === kind || event.kind.startsWith(`${kind}.`) ||
      event.kind === "events.lost";
    if (!isWanted) return;
    if (output === "json") stdout.write(`${JSON.stringify(event)}\n`);
    else writeLine(stdout, `${event.time} ${event.kind.padEnd(20)} ${event.message}`);
  };
}

/** Comments, such as heartbeats, are passed over. `event` null: it tells where the stream is. */
async function* eventsIn(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<{ readonly id: number; readonly event: EventView | null }> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of stream) {
    text += decoder.decode(piece, { stream: true });
    const frames = text.split("\n\n");
    text = frames.pop()!;
    for (const frame of frames) {
      const lines = frame.split("\n");
      const field = (name: string) => lines.find((line) => line.startsWith(name))?.slice(name.length);
      const [id, data] = [field("id: "), field("data: ")];
      if (id !== undefined) yield { id: Number(id), event: data === undefined ? null : JSON.parse(data) };
    }
  }
}
