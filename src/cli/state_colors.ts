/** Colours for states and results in tables on a terminal; none where output is piped or NO_COLOR is set. */
import type { Painter } from "../views/tables/table_options.ts";
import type { CliIo, CliOutput } from "./cli_io.ts";

/** SGR codes; green: usable, yellow: on its way or in use, red: on its way out, magenta: kept. */
const colors: Readonly<Record<string, number>> = {
  ready: 32,
  granted: 32,
  building: 33,
  waiting: 33,
  used: 36,
  hold: 35,
  delete: 31,
  ok: 32,
  warning: 33,
  failure: 31,
};

const REVERSE = 7;

/** Whether an output is a terminal that takes instructions, which the dumb ones of editors do not. */
export function isScreen({ columns }: CliOutput, { env }: Pick<CliIo, "env">): boolean {
  return columns !== null && env("TERM") !== "dumb";
}

/** Whether standard output shows colours. */
export function hasColors(io: Pick<CliIo, "stdout" | "env">): boolean {
  return isScreen(io.stdout, io) && (io.env("NO_COLOR") ?? "") === "";
}

export function statePainter({ stdout, env }: Pick<CliIo, "stdout" | "env">): Painter | undefined {
  if (!hasColors({ stdout, env })) return undefined;
  return (padded, { kind, text, isChanged }) => {
    const codes = [
      ...(isChanged ? [REVERSE] : []),
      ...(kind === "state" && Object.hasOwn(colors, text) ? [colors[text]] : []),
    ];
    return codes.length === 0 ? padded : `\x1b[${codes.join(";")}m${padded}\x1b[0m`;
  };
}
