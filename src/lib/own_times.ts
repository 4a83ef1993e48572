/** The own time of single functions in a CPU profile: without what they called. */
import type { CpuProfile } from "./cpu_profiler.ts";
import { shortPlace } from "./stack_lines.ts";

/** Times in milliseconds. */
interface OwnTimes {
  /** That the profile covers. */
  readonly total: number;
  /** In which anything ran. */
  readonly busy: number;
  /** The longest first. */
  readonly functions: readonly { readonly name: string; readonly place: string; readonly time: number }[];
}

/** Entries that V8 counts and that are no function. */
const NOBODY = new Set(["(root)", "(idle)", "(program)"]);

export function ownTimes({ nodes, samples = [], timeDeltas = [], startTime, endTime }: CpuProfile): OwnTimes {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map<string, { name: string; place: string; time: number }>();
  for (const [index, id] of samples.entries()) {
    const node = byId.get(id);
    if (node === undefined || NOBODY.has(node.callFrame.functionName)) continue;
    const named = nameOf(node);
    const key = `${named.name} ${named.place}`;
    // The time of a sample lasts until the next one.
    const time = (timeDeltas[index + 1] ?? 0) / 1_000;
    times.set(key, { ...named, time: time + (times.get(key)?.time ?? 0) });
  }
  const functions = [...times.values()].toSorted((a, b) => b.time - a.time);
  return {
    total: (endTime - startTime) / 1_000,
    busy: functions.reduce((sum, { time }) => sum + time, 0),
    functions,
  };
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: CpuProfile["nodes"][number]) {
  const place = url === "" ? "" : `${shortPlace(url)}:${lineNumber + 1}`;
  return { name: functionName || "(anonymous)", place };
}
