/** The effects of another configuration on the pool, before it is in force: the result of `planEffects`, for views and logs. */
import type { Refusal } from "./obstacle.ts";

/** A problem of a configuration, as it is shown. */
export interface ConfigProblem {
  readonly file: string;
  /** From 1; null where the problem has no place in the file (it cannot be read, or a file is missing). */
  readonly line: number | null;
  readonly column: number | null;
  /** Where in the configuration, e.g. `providers[1].images[0].min-ram`; empty for the file as a whole. */
  readonly path: string;
  /** One sentence without its end: what is wrong, and what to do. */
  readonly message: string;
  /** null: there is no line to show. */
  readonly excerpt: Excerpt | null;
}

/** The line of a problem, without secrets, and the part of it that the problem is about. */
export interface Excerpt {
  readonly text: string;
  /** From 0, in `text`. */
  readonly from: number;
  /** At least 1. */
  readonly length: number;
}

/** All that another configuration changes. */
export interface ConfigPlan {
  /** Why it cannot be used; then it would change nothing. */
  readonly problems: readonly ConfigProblem[];
  /** Those of config-validate. */
  readonly warnings: readonly string[];
  /** One line each, as the log of a reload has them. */
  readonly changes: readonly string[];
  readonly atNextStart: readonly string[];
  /** null: it cannot be used. */
  readonly effects: ConfigEffects | null;
}

export interface ConfigEffects {
  /** Those of both configurations, and those that only nodes have. */
  readonly labels: readonly LabelEffect[];
  readonly providers: readonly ProviderEffect[];
  /** Requests that could be met before and now cannot. */
  readonly requests: readonly {
    readonly id: number;
    readonly label: string;
    readonly refusals: readonly Refusal[];
  }[];
  readonly images: ImageEffects;
}

export interface LabelEffect {
  readonly name: string;
  readonly change: "added" | "removed" | null;
  /** null: the new configuration does not have it. */
  readonly minReady: number | null;
  /** Nodes of it, without those that are being deleted. */
  readonly nodes: number;
  readonly kept: number;
  readonly launched: number;
  /** How many go, by why. */
  readonly deleted: ReadonlyMap<string, number>;
  /** How many of its min-ready there can be while nobody uses any, and why there are no more. */
  readonly possible: { readonly nodes: number; readonly refusals: readonly Refusal[] };
}

export interface ProviderEffect {
  readonly name: string;
  /**
   * `removed`, `moved` (to another cloud), `retired`: while the pool has something there; `full`: it has more servers
   * than its max-servers.
   */
  readonly kind: "removed" | "moved" | "retired" | "full";
  readonly nodes: number;
  readonly images: number;
  readonly maxServers: number;
}

export interface ImageEffects {
  readonly deleted: readonly { readonly what: string; readonly id: number; readonly why: string }[];
  /** Names of diskimages that are built, and images of providers that are made. */
  readonly built: readonly string[];
  readonly made: readonly { readonly provider: string; readonly image: string }[];
}
