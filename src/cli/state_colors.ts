/** Colours for states and results in tables on a terminal; none where output is piped or NO_COLOR is set. */
import type { Painter } from "../views/tables/table_options.ts";
import type { CliIo } from "./cli_io.ts";

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

/** Whether standard output shows colours. */
export function hasColors({ stdout, env }: Pick<CliIo, "stdout" | "env">): boolean {
  return stdout.columns !== null && (env("NO_COLOR") ?? "") === "" && env("TERM") !== "dumb";
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
