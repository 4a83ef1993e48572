/**
 * The place in a command line where the cursor is: what can stand there, by the commands, options and arguments of the
 * program itself, so that a new one is completed as soon as it exists.
 */
import type { Argument, Command, Option } from "@commander-js/extra-typings";
import type { TypedLine } from "./typed_line.ts";

export interface PlaceOfValue {
  /** The name of the command, without those above it. */
  readonly command: string;
  /** An argument's name, or an option's long form. */
  readonly name: string;
  readonly choices: readonly string[] | null;
  /** The part of the word before the value, such as `--label=`. */
  readonly before: string;
  /** The operands before it: an id is given once. */
  readonly given: readonly string[];
  /** The value of `-c`; null: it is not there. */
  readonly config: string | null;
}

type CursorPlace =
  | { readonly type: "value"; readonly value: PlaceOfValue }
  | { readonly type: "command"; readonly commands: readonly Command[] }
  | { readonly type: "option"; readonly options: readonly Option[] };

const NOTHING: CursorPlace = { type: "option", options: [] };

export function findPlace(program: Command, { words, current }: TypedLine): CursorPlace {
  const line = new WalkedLine(program);
  for (const word of words) line.take(word);
  return line.placeOf(current);
}

class WalkedLine {
  readonly #chain: Command[];
  readonly #operands: string[] = [];
  readonly #given = new Set<Option>();
  /** Whose value comes next, if it is not an option. */
  #pending: Option | null = null;
  /** After `--`. */
  #onlyOperands = false;
  #config: string | null = null;
  /** After an unknown command, or where the words are another machine's. */
  #isLost = false;

  constructor(program: Command) {
    this.#chain = [program];
  }

  get #command(): Command {
    return this.#chain.at(-1)!;
  }

  take(word: string): void {
    if (this.#isValue(word)) return this.#takeValue(this.#pending!, word);
    this.#pending = null;
    if (word === "--" && !this.#onlyOperands) this.#onlyOperands = true;
    else if (this.#isOption(word)) this.#takeOption(word);
    else if (this.#command.commands.length > 0) this.#takeCommand(word);
    else this.#operands.push(word);
  }

  placeOf(current: string): CursorPlace {
    const isRemote = this.#command.name() === "ssh" && this.#operands.length > 0;
    if (this.#isLost || isRemote) return NOTHING;
    if (this.#isValue(current)) return this.#place(this.#pending!);
    const [, flag] = current.match(/^(--[^=]+)=/) ?? [];
    if (flag !== undefined && !this.#onlyOperands) {
      const option = this.#option(flag);
      return option === undefined ? NOTHING : this.#place(option, `${flag}=`);
    }
    if (current.startsWith("-") && !this.#onlyOperands) {
      return { type: "option", options: this.#freeOptions() };
    }
    if (this.#command.commands.length > 0) {
      const commands = this.#command.createHelp().visibleCommands(this.#command as never);
      return { type: "command", commands: commands as unknown as Command[] };
    }
    const argument = this.#argument();
    return argument === undefined ? NOTHING : this.#place(argument);
  }

  #isValue(word: string): boolean {
    const option = this.#pending;
    if (option === null) return false;
    return !word.startsWith("-") || option.required && !option.variadic;
  }

  #isOption(word: string): boolean {
    return !this.#onlyOperands && word.startsWith("-") && word.length > 1;
  }

  #takeValue(option: Option, value: string): void {
    if (option.long === "--config") this.#config = value;
    if (!option.variadic) this.#pending = null;
  }

  #takeOption(word: string): void {
    const [flag, ...rest] = word.split("=");
    const option = this.#option(flag!);
    if (option === undefined) return;
    this.#given.add(option);
    if (!option.required && !option.optional) return;
    if (rest.length > 0) this.#takeValue(option, rest.join("="));
    else this.#pending = option;
  }

  #takeCommand(word: string): void {
    const command = this.#command.commands.find((one) => one.name() === word);
    if (command === undefined) this.#isLost = true;
    else this.#chain.push(command as unknown as Command);
  }

  #option(flag: string): Option | undefined {
    return this.#chain.flatMap(({ options }) => options).find(({ long, short }) =>
      flag === long || flag === short
    );
  }

  /** The command's own first. */
  #freeOptions(): readonly Option[] {
    const own = this.#command.createHelp().visibleOptions(this.#command as never);
    const above = this.#chain.slice(0, -1).toReversed().flatMap(({ options }) => options);
    return [...own, ...above].filter((option) => !option.hidden && !this.#given.has(option));
  }

  #argument(): Argument | undefined {
    const { registeredArguments } = this.#command;
    const next = registeredArguments[this.#operands.length];
    const last = registeredArguments.at(-1);
    return next ?? (last?.variadic ? last : undefined);
  }

  #place(place: Option | Argument, before = ""): CursorPlace {
    const isOption = "long" in place;
    return {
      type: "value",
      value: {
        command: this.#command.name(),
        name: isOption ? place.long! : place.name(),
        choices: place.argChoices ?? null,
        before,
        given: isOption ? [] : this.#operands,
        config: this.#config,
      },
    };
  }
}
