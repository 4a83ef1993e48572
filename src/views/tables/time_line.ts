/** A node's time line as text: each phase with its length, and a bar where it lies in the node's life. */
import { durationText, SECOND } from "../../domain/time.ts";
import type { NodeDetails } from "../node_details.ts";

type Stretch = NonNullable<NodeDetails["time_line"]>[number];

/** Beside the name, the phase and its length, on a terminal of 80 columns. */
const WIDTH = 34;

/** A line for each phase, all of one width: `boot              28s     ████`. */
export function timeLine(stretches: readonly Stretch[]): readonly string[] {
  const whole = Math.max(1, stretches.reduce((sum, { duration }) => sum + duration, 0));
  let passed = 0;
  return stretches.map(({ phase, duration }) => {
    const [from, to] = [passed, passed + duration].map((at) => Math.round(at / whole * WIDTH));
    passed += duration;
    const length = duration < 1 ? "0s" : durationText(duration * SECOND);
    return `${phase.padEnd(15)}${length.padStart(10)}  ${bar(from!, to!)}`.trimEnd();
  });
}

/** Something of each is seen, however short it was. */
function bar(from: number, to: number): string {
  return from === to ? `${" ".repeat(Math.min(from, WIDTH - 1))}▏` : " ".repeat(from) + "█".repeat(to - from);
}
