/**
 * Which ids were given out in which life of the daemon. Each life is a *run*; what is made on a cloud carries the run
 * in which its record's id was given out. So a mark that does not fit was made on another copy of this state: an
 * older one that was restored, or one that another daemon works on. The ledger has the lineage of its state.
 */
import type { Instant } from "./time.ts";

/** Kinds of ids that marks on clouds carry. */
type MarkedKind = "node" | "image";

/** One life of the daemon, or of the machine under it: a copy that goes on from its memory is another. */
export interface Run {
  /** Counts from 1. */
  readonly number: number;
  /** A UUID. */
  readonly id: string;
  readonly startedAt: Instant;
  /** The first ids that it could give out. */
  readonly firstIds: Readonly<Record<MarkedKind, number>>;
}

export interface Mark {
  readonly id: number;
  /** null: made before runs were recorded. */
  readonly run: string | null;
}

export interface Lineage {
  /** The run in which the id was given out; null: before runs were recorded. */
  runOf(kind: MarkedKind, id: number): string | null;
  /** Whether this state can have given out that id in that run. */
  owns(kind: MarkedKind, mark: Mark): boolean;
  /** The lowest node id that no copy made during that run can know; null: no such run is known. */
  boundOf(run: string): number | null;
}

/** @param runs in their order, the present one last; both are asked each time, as they grow */
export function lineageOf(runs: () => readonly Run[], nextId: (kind: MarkedKind) => number): Lineage {
  const runOf = (kind: MarkedKind, id: number) =>
    runs().findLast(({ firstIds }) => firstIds[kind] <= id)?.id ?? null;
  return {
    runOf,
    owns(kind, { id, run }) {
      if (id >= nextId(kind)) return false;
      const known = run === null ? null : runOf(kind, id);
      return known === null || known === run;
    },
    boundOf(run) {
      const index = runs().findIndex(({ id }) => id === run);
      if (index === -1) return null;
      return runs()[index + 1]?.firstIds.node ?? nextId("node");
    },
  };
}

/** Where nothing is known of runs, whatever carries the installation's mark is its own. */
export const ANY_LINEAGE: Lineage = { runOf: () => null, owns: () => true, boundOf: () => null };
