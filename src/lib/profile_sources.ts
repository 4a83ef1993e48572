/**
 * A profile with the places that the code was written at. The compiled program is a bundle, whose maps lie beside its
 * files; code that has no map, as in a checkout, stays as it is.
 */
import { SourceMap } from "node:module";
import type { CpuProfile } from "./cpu_profiler.ts";

type ProfileNode = CpuProfile["nodes"][number];

export function atSources(profile: CpuProfile): CpuProfile {
  const maps = new Map<string, SourceMap | null>();
  const mapOf = (url: string) => maps.getOrInsertComputed(url, readMap);
  return { ...profile, nodes: profile.nodes.map((node) => atSource(node, mapOf(node.callFrame.url))) };
}

function atSource(node: ProfileNode, map: SourceMap | null): ProfileNode {
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
