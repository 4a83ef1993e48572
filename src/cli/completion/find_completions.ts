/** Finds the words that can stand at a place of a command line: from the program itself, and from the pool if its daemon runs. */
import type { Command } from "@commander-js/extra-typings";
import { isEtcdState } from "../../domain/etcd_address.ts";
import { SECOND } from "../../domain/time.ts";
import { NEVER } from "../../lib/call.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { Completion, CompletionKind } from "../../views/completions.ts";
import type { CliContext } from "../cli_context.ts";
import { openDaemonWay } from "../lasting_pool.ts";
import { findConfig } from "../find_config.ts";
import { findStatePath } from "../state_path.ts";
import { findPlace, type PlaceOfValue } from "./find_place.ts";
import type { TypedLine } from "./typed_line.ts";
import { type ValueSource, valueSources } from "./value_sources.ts";

/** `file` and `folder`: the shell completes those itself. */
type Completions = readonly Completion[] | "file" | "folder";

interface Surroundings {
  readonly context: CliContext;
  readonly program: Command;
}

/** @returns whole words that begin as the last one does */
export async function findCompletions(line: TypedLine, surroundings: Surroundings): Promise<Completions> {
  const place = findPlace(surroundings.program, line);
  switch (place.type) {
    case "command":
      return beginning(line.current, place.commands.map(commandCompletion));
    case "option":
      return beginning(
        line.current,
        place.options.map(({ long, short, description }) => ({ value: long ?? short!, about: description })),
      );
    case "value":
      return await valuesAt(place.value, {
        ...surroundings,
        typed: line.current.slice(place.value.before.length),
      });
  }
}

async function valuesAt(
  place: PlaceOfValue,
  { typed, ...surroundings }: Surroundings & { typed: string },
): Promise<Completions> {
  const { command, name, choices, before, given } = place;
  const source = choices ?? valueSources[`${command} ${name}`] ?? valueSources[name] ?? "free";
  if (source === "file" || source === "folder") return source;
  const values = typeof source === "string"
    ? await valuesOf(source, { ...surroundings, place, typed })
    : source.map((value) => ({ value, about: "" }));
  return beginning(typed, values).filter(({ value }) => !given.includes(value))
    .map(({ value, about }) => ({ value: before + value, about }));
}

async function valuesOf(
  source: Exclude<ValueSource, "file" | "folder">,
  { context, program, place, typed }: Surroundings & { place: PlaceOfValue; typed: string },
): Promise<readonly Completion[]> {
  switch (source) {
    case "free":
      return [];
    case "command":
      return program.createHelp().visibleCommands(program as never).map(commandCompletion);
    case "topic":
      return (await import("../../manual/manual.ts")).topics.map(({ name, summary }) => ({
        value: name,
        about: summary,
      }));
    case "column":
      return await columnsOf(place.command, typed);
    default:
      return await askPool(source, { context, place, typed });
  }
}

/** `id,sta` and `-age`: what stands before the column stays. */
async function columnsOf(command: string, typed: string): Promise<readonly Completion[]> {
  const { poolLists } = await import("../../views/view_pool.ts");
  const list = command === "list" ? "node-list" : command;
  if (!Object.hasOwn(poolLists, list)) return [];
  const { columns } = poolLists[list as keyof typeof poolLists].table;
  const [before] = typed.match(/^(?:-|.*,)?/)!;
  return columns.map(({ field, header }) => ({ value: before + field, about: header }));
}

/** Nobody waits longer after the Tab key. */
const PATIENCE = SECOND;
/** For another machine, which may not be there. */
const ETCD_PATIENCE = SECOND / 2;

async function askPool(
  kind: CompletionKind,
  { context, place, typed: prefix }: { context: CliContext; place: PlaceOfValue; typed: string },
): Promise<readonly Completion[]> {
  const { io } = context;
  const option = place.config?.replace(/^~(?=\/)/, () => io.home()) ?? null;
  const config = findConfig({ option, variable: io.env("NODEPOOL_CONFIG"), folder: io.folder() });
  const { state } = await findStatePath(config.file, { home: io.home() });
  const timeout = isEtcdState(state) ? ETCD_PATIENCE : PATIENCE;
  using deadline = startDeadline({ clock: io.clock, timeout, signal: NEVER });
  await using way = await openDaemonWay({ ...context, config }, state);
  await using pool = (await way.find(deadline))?.pool ?? null;
  return pool === null ? [] : (await pool.ask("completions", { kind, prefix }, deadline)).values;
}

function beginning(typed: string, all: readonly Completion[]): readonly Completion[] {
  return all.filter(({ value }) => value.startsWith(typed));
}

function commandCompletion(command: { name(): string; description(): string }): Completion {
  return { value: command.name(), about: command.description() };
}
