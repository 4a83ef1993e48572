/** Stacks as they are shown: this program's own calls, by files as they lie in it. Taken where work waits. */

/** Calls that are kept; async ones come last and tell on whose behalf. */
const DEPTH = 16;

/** The program's folder, as URLs have it and as stacks do, in which blanks and umlauts stand for themselves. */
const ROOT = new URL("../../", import.meta.url).href;
const READABLE_ROOT = decodeURI(ROOT);

/** The stack of this moment; making it costs microseconds, and its text is made when it is asked for. */
export function takeStack(): Error {
  const usual = Error.stackTraceLimit;
  Error.stackTraceLimit = DEPTH;
  const taken = new Error();
  Error.stackTraceLimit = usual;
  return taken;
}

/** `async Executor.#attempt src/execute/executor.ts:171:21`, the innermost call first. */
export function stackLines({ stack = "" }: Error): readonly string[] {
  return stack.split("\n").slice(1).map((line) => line.trim().replace(/^at /, "")).filter(isOfProgram)
    .map((line) => shortPlace(line).replace(/\(([^()]*)\)$/, "$1"));
}

/** Without the folder of the program. */
export function shortPlace(place: string): string {
  return place.replace(ROOT, "").replace(READABLE_ROOT, "");
}

/** Those of the runtime, and of what takes the stack, tell nothing. */
function isOfProgram(line: string): boolean {
  return !/\b(?:ext|node):|src\/lib\/(?:in_flight|stack_lines)\.ts|<anonymous>\)$/.test(line);
}
