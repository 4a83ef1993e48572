/** Colours for states and results in tables on a terminal; none where output is piped or NO_COLOR is set. */
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

type Painter = (padded: string, cell: { readonly field: string; readonly text: string }) => string;

/** Whether standard output shows colours. */
export function hasColors({ stdout, env }: Pick<CliIo, "stdout" | "env">): boolean {
  return stdout.columns !== null && (env("NO_COLOR") ?? "") === "" && env("TERM") !== "dumb";
}

export function statePainter({ stdout, env }: Pick<CliIo, "stdout" | "env">): Painter | undefined {
  if (!hasColors({ stdout, env })) return undefined;
  return (padded, { field, text }) => {
    const color = field === "state" || field === "result" ? colors[text] : undefined;
    return color === undefined ? padded : `\x1b[${color}m${padded}\x1b[0m`;
  };
}
