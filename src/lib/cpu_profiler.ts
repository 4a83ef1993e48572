/**
 * The CPU profiler of V8, through node:inspector, which is loaded when it is first wanted. The caller that switches it
 * on gets the profile when it is switched off again, in the form that Chrome's developer tools open.
 */
import { SourceMap } from "node:module";
import type { Profiler, Session } from "node:inspector/promises";

/** `samples` are ids of nodes, each `timeDeltas` microseconds after the one before; lines count from 0. */
export type CpuProfile = Profiler.Profile;

export interface CpuProfiler {
  readonly isOn: boolean;
  start(): Promise<void>;
  /** @returns what was found since `start` */
  stop(): Promise<CpuProfile>;
}

export function createCpuProfiler(): CpuProfiler {
  let session: Session | null = null;
  return {
    get isOn() {
      return session !== null;
    },
    async start() {
      const { Session } = await import("node:inspector/promises");
      const opened = new Session();
      opened.connect();
      try {
        await opened.post("Profiler.enable");
        await opened.post("Profiler.start");
      } catch (error) {
        opened.disconnect();
        throw error;
      }
      session = opened;
    },
    async stop() {
      if (session === null) throw new Error("the profiler is off");
      const opened = session;
      session = null;
      try {
        const { profile } = await opened.post("Profiler.stop");
        return atSources(profile);
      } finally {
        opened.disconnect();
      }
    },
  };
}

/**
 * With the places that the code was written at. The compiled program is a bundle, whose maps lie beside its files; code
 * that has no map, as in a checkout, stays as it is.
 */
export function atSources(profile: CpuProfile): CpuProfile {
  const maps = new Map<string, SourceMap | null>();
  const mapOf = (url: string) => maps.getOrInsertComputed(url, readMap);
  return { ...profile, nodes: profile.nodes.map((node) => atSource(node, mapOf(node.callFrame.url))) };
}

function atSource(node: CpuProfile["nodes"][number], map: SourceMap | null): CpuProfile["nodes"][number] {
  const { url, lineNumber, columnNumber } = node.callFrame;
  const entry = map?.findEntry(lineNumber, columnNumber);
  if (entry === undefined || !("originalSource" in entry)) return node;
  const callFrame = {
    ...node.callFrame,
    url: new URL(entry.originalSource, url).href,
    lineNumber: entry.originalLine,
    columnNumber: entry.originalColumn,
  };
  return { ...node, callFrame };
}

function readMap(url: string): SourceMap | null {
  if (!url.startsWith("file:")) return null;
  try {
    return new SourceMap(JSON.parse(Deno.readTextFileSync(new URL(`${url}.map`))));
  } catch {
    return null;
  }
}
