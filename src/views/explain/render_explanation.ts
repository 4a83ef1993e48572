/** An explanation as text: the reasons with what cures them, then the facts, a line each. */
import { displayWidth } from "../../lib/display_width.ts";
import { wrapWords } from "../../lib/wrap_words.ts";
import { causeText, remedyText } from "../obstacle_view.ts";
import { visibleText } from "../../lib/visible_text.ts";
import type { ExplanationView } from "./explanation.ts";

/** @param options `width`: of the terminal; null: no line is broken. `time`: how moments are shown */
export function renderExplanation(
  { summary, obstacles, facts, next, errors, also }: ExplanationView,
  { width = null, time = (iso) => iso }: { width?: number | null; time?: (iso: string) => string } = {},
): string {
  const rows: [indent: number, head: string, text: string][] = [[0, "", summary]];
  for (const obstacle of obstacles) {
    rows.push([2, "", causeText(obstacle)]);
    const remedy = remedyText(obstacle);
    if (remedy !== null) rows.push([4, "remedy: ", remedy]);
  }
  rows.push([0, "", ""]);
  for (const { name, value } of facts) rows.push([0, headOf(name), value]);
  for (const [index, { at, what }] of next.entries()) {
    rows.push([0, headOf(index === 0 ? "next" : ""), at === null ? what : `${time(at)} ${what}`]);
  }
  for (const [index, { at, of, error, request_id, fault, console }] of errors.entries()) {
    const when = at === null ? "" : `${time(at)} `;
    rows.push([0, headOf(index === 0 ? "errors" : ""), `${when}${of}: ${error}`]);
    if (fault !== null) rows.push([HEAD, "", `server fault: ${fault}`]);
    if (request_id !== null && !error.includes(request_id)) {
      rows.push([HEAD, "", `request id: ${request_id}`]);
    }
    for (const line of console?.trimEnd().split("\n").slice(-CONSOLE_LINES) ?? []) {
      rows.push([HEAD, "| ", line]);
    }
  }
  for (const name of also) rows.push([0, headOf("also"), `nodepool explain ${name}`]);
  return rows.map((row) => lineOf(row, width)).join("");
}

/** The width of the names of facts, with the blanks after them. */
const HEAD = 14;
const CONSOLE_LINES = 5;
/** With less room than that beside its name, a text stands below it. */
const NARROW = 20;

function headOf(name: string): string {
  const shown = visibleText(name);
  return shown + " ".repeat(Math.max(1, HEAD - displayWidth(shown)));
}

function lineOf([indent, head, text]: [number, string, string], width: number | null): string {
  const start = " ".repeat(indent) + head;
  const safe = visibleText(text);
  const hang = indent === 0 && head === "" ? 2 : displayWidth(start);
  if (width !== null && hang > 4 && width - hang < NARROW) {
    const lines = wrapWords(safe, width - 4).map((line) => `    ${line}`);
    return [start, ...lines].map((line) => line.trimEnd()).filter(Boolean).join("\n") + "\n";
  }
  const lines = width === null ? [safe] : wrapWords(safe, width - hang);
  return `${(start + lines.join(`\n${" ".repeat(hang)}`)).trimEnd()}\n`;
}
