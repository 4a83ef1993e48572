/**
 * The CPU profiler of V8, through node:inspector, which is loaded when it is first wanted. The caller that switches it
 * on gets the profile when it is switched off again, in the form that Chrome's developer tools open.
 */
import type { Profiler, Session } from "node:inspector/promises";

/** A profile: `samples` are ids of nodes, each `timeDeltas` microseconds after the one before; lines count from 0. */
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
        const { atSources } = await import("./profile_sources.ts");
        return atSources(profile);
      } finally {
        opened.disconnect();
      }
    },
  };
}
