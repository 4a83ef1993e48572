/** `nodepool events`: what has happened in the pool, and with `--follow` what happens, as it does. */
import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { isAway } from "../../control/is_away.ts";
import type { PoolClient } from "../../control/pool_client.ts";
import { eventKinds } from "../../domain/pool_event.ts";
import { HOUR, SECOND } from "../../domain/time.ts";
import type { EventView } from "../../views/events.ts";
import type { CliContext } from "../cli_context.ts";
import { checkWindow } from "../checked_window.ts";
import { InterruptedError, NoDaemonError } from "../cli_error.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { instantArgument } from "../instant_argument.ts";
import { idArgument } from "../number_argument.ts";
import { openDaemonsPool, openPool } from "../open_pool.ts";
import { writeLine } from "../write_line.ts";

/** Without a beginning: what has happened lately. */
const LATELY = HOUR;

/** Between two attempts to reach a daemon that was followed and has stopped. */
const RETRY = SECOND;

interface Wish {
  readonly follow: boolean;
  readonly print: (event: EventView) => void;
  /** The beginning: not given, from now on. */
  readonly since?: number;
  readonly after?: number;
}

export function eventsCommand(context: CliContext) {
  return new Command("events")
    .helpGroup(helpGroup.pool)
    .description(
      "show what has happened in the pool: to nodes, images, requests, providers, the configuration",
    )
    .option("-f, --follow", "go on as things happen; from now on, unless a beginning is given")
    .option(
      "--since <time>",
      "from then on: 2h (two hours ago), 2026-01-31T18:00",
      instantArgument(context.io),
    )
    .option("--after <id>", "only those after the event of this id", idArgument)
    .option("--kind <kind>", "only those of a kind, or of its things: node, node.failed", kindArgument)
    .addOption(
      new Option("-o, --output <format>", "how to print them; json: one document a line").choices([
        "text",
        "json",
      ])
        .default("text"),
    )
    .addHelpText("after", example("nodepool events --follow --kind node"))
    .action(async ({ follow = false, since, after, kind, output }) => {
      const { stdout, clock } = context.io;
      checkWindow({ since }, context.io);
      const { eventPrinter } = await import("../event_printer.ts");
      const print = eventPrinter(stdout, { output, kind });
      if (follow) return await followEvents(context, { follow, print, since, after });
      await using pool = await openPool(context);
      const beginning = after === undefined ? { since: since ?? clock.wall() - LATELY } : { after };
      await readEvents(pool, { follow, print, ...beginning }, new AbortController().signal);
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
  const { io } = context;
  using interrupts = io.interrupts();
  const { signal } = interrupts;
  let rest = wish;
  try {
    for (let pool: PoolClient | null = await openDaemonsPool(context);;) {
      if (pool !== null) {
        await using open = pool;
        const last = await readEvents(open, rest, signal);
        if (last !== null) rest = { ...wish, since: undefined, after: last };
        writeLine(io.stderr, "nodepool: the daemon has stopped: waiting for it");
      }
      await io.clock.sleep(RETRY, { signal });
      pool = await openDaemonsPool(context).catch(noDaemon);
    }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
  }
}

function noDaemon(error: unknown): null {
  if (error instanceof NoDaemonError || isAway(error)) return null;
  throw error;
}

/** Until they end. @returns the last one's id; null: there was none */
async function readEvents(
  pool: PoolClient,
  { print, ...wish }: Wish,
  signal: AbortSignal,
): Promise<number | null> {
  const { eventsIn } = await import("../event_printer.ts");
  let last: number | null = null;
  try {
    for await (const { id, event } of eventsIn(await pool.ask("events", wish, { signal }))) {
      if (event !== null) print(event);
      last = id;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!wish.follow) throw error;
  }
  return last;
}
