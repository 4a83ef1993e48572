/** All that there is to say of one node, living or gone, in lines: the status endpoint's text and page, and `history ID`. */
import type { NodeDetails, NodeDetailsView } from "./node_details.ts";
import { formatAge } from "./tables/column.ts";
import { visibleText } from "../lib/visible_text.ts";
import { durationText, SECOND } from "../domain/time.ts";

/** @param shown how the facts are written for who reads them; what the console had stays as it is */
export function renderNodeText(
  { node }: NodeDetailsView,
  shown: (facts: string) => string = (facts) => facts,
): string {
  const facts = shown(
    factsOf(node).map(([name, value]) => `${`${name}:`.padEnd(18)}${linesOf(value)}`).join(""),
  );
  const console = node.evidence?.console ?? null;
  if (console === null) return facts;
  return `${facts}console:\n${console.split("\n").map((line) => `  ${visibleText(line)}\n`).join("")}`;
}

/** Further lines stand under the first. */
function linesOf(value: string): string {
  return value.split("\n").map((line) => `${visibleText(line)}\n`).join(" ".repeat(18));
}

/** The facts to show, in order; unknown ones are left out. */
export function factsOf(node: NodeDetails): [string, string][] {
  const { connection, hold, waiting_on, evidence } = node;
  const facts: [string, string | number | null | undefined][] = [
    ["id", node.id],
    ["state", `${node.state} for ${formatAge(node.age)}`],
    ["phase", node.phase === node.state ? null : node.phase],
    ["waiting on", waiting_on && `${waiting_on.reason}: ${waiting_on.message} (since ${waiting_on.since})`],
    ["retry at", node.retry_at],
    ["ended", node.ended],
    ["result", node.result],
    ["comment", node.comment],
    ["deleted by", node.deleted_by],
    ["held by", hold?.owner],
    ["held until", hold?.ends ?? hold?.until],
    ["label", node.label],
    ["provider", node.provider],
    ["az", node.az],
    ["target", node.target],
    ["hostname", node.hostname],
    ["server", node.server_id],
    ["login", connection && `${connection.username ?? "?"}@${connection.address} port ${connection.port}`],
    ["private address", node.private_v4],
    ["host keys", connection?.host_keys.join("\n")],
    [
      "image",
      `${node.image} (${
        [node.image_version && `version ${node.image_version}`, node.image_id].filter(Boolean).join(", ")
      })`,
    ],
    ["flavor", `${node.flavor} (${node.flavor_id})`],
    ["job", node.job && [node.job, node.job_result].filter(Boolean).join(": ")],
    ["request", node.request],
    ["client", node.client],
    ["waited", typeof node.waited === "number" ? `${node.waited} s` : null],
    ["launched because", node.launch_reason],
    ["began", node.time_line?.[0]?.from],
    ["time line", timeLine(node.time_line ?? []).join("\n")],
    ["last error", evidence && `${evidence.error} (${evidence.at})`],
    ["request id", evidence?.request_id],
    ["server fault", evidence?.fault],
  ];
  return facts.flatMap(([name, value]) =>
    value === null || value === undefined || value === "" ? [] : [[name, String(value)]]
  );
}

type Stretch = NonNullable<NodeDetails["time_line"]>[number];

/** Beside the name, the phase and its length, on a terminal of 80 columns. */
const WIDTH = 34;

/** A line for each phase, all of one width: `boot              28s     ████`. */
function timeLine(stretches: readonly Stretch[]): readonly string[] {
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
