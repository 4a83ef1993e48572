/** Counts a pool as it is now, by label, by provider and as a whole. Pure; the sampler calls it once a minute. */
import type { Config } from "../config.ts";
import { type NodeRecord, stateName } from "../node.ts";
import type { NodeRequest } from "../request.ts";
import { serverStages } from "../server_stage.ts";
import { type Instant, SECOND } from "../time.ts";
import {
  groupKey,
  type GroupSample,
  type Measure,
  measures,
  type SampledGroup,
  wholePool,
} from "./sample.ts";

/** The things to be counted. */
interface Countable {
  readonly now: Instant;
  readonly config: Config;
  readonly nodes: Iterable<NodeRecord>;
  readonly requests: Iterable<NodeRequest>;
  /** The news since the last sample. */
  readonly happened: Iterable<Happened>;
}

/** A launch failed, or somebody who had waited got a node. */
export type Happened =
  | { readonly type: "failed"; readonly label: string; readonly provider: string }
  | { readonly type: "granted"; readonly label: string; readonly seconds: number };

export function measurePool({ now, config, nodes, requests, happened }: Countable): readonly GroupSample[] {
  const tallies = new Tallies(config);
  for (const node of nodes) tallies.countNode(node);
  for (const { label, grantedAt, createdAt } of requests) {
    if (grantedAt === null) tallies.countRequest(label, Math.max(0, Math.round((now - createdAt) / SECOND)));
  }
  for (const one of happened) tallies.countHappened(one);
  return tallies.end();
}

class Tallies {
  readonly #groups = new Map<string, Tally>();

  /** All that is configured is counted, whether or not there is anything of it. */
  constructor({ labels, providers }: Config) {
    this.#pool.values.limit = providers.reduce((sum, { maxServers }) => sum + Math.max(0, maxServers), 0);
    for (const { name, maxServers } of labels) this.#label(name).values.limit = maxServers ?? -1;
    for (const { name, maxServers } of providers) {
      this.#provider(name).values.limit = Math.max(0, maxServers);
    }
  }

  /** As lists count: every server is the pool's and its provider's, a label has the nodes that its users get. */
  countNode(node: NodeRecord): void {
    const measure = serverStages[stateName(node)];
    this.#pool.values[measure]++;
    this.#provider(node.provider).values[measure]++;
    if (node.role === "node") this.#label(node.label).values[measure]++;
  }

  countRequest(label: string, age: number): void {
    for (const { values } of [this.#pool, this.#label(label)]) {
      values.waiting++;
      values.oldest = Math.max(values.oldest, age);
    }
  }

  countHappened(happened: Happened): void {
    const label = this.#label(happened.label);
    if (happened.type === "granted") label.noteWait(happened.seconds);
    else for (const { values } of [this.#pool, label, this.#provider(happened.provider)]) values.failed++;
  }

  end(): readonly GroupSample[] {
    return [...this.#groups.values()].map((tally) => tally.end());
  }

  get #pool(): Tally {
    return this.#tally(wholePool);
  }

  #label(name: string): Tally {
    return this.#tally({ of: "label", name });
  }

  #provider(name: string): Tally {
    return this.#tally({ of: "provider", name });
  }

  #tally(group: SampledGroup): Tally {
    return this.#groups.getOrInsertComputed(groupKey(group), () => new Tally(group));
  }
}

class Tally {
  readonly values = Object.fromEntries(
    measures.map((measure) => [measure, measure === "limit" ? -1 : 0]),
  ) as Record<Measure, number>;
  readonly #waits = new Map<number, number>();

  constructor(readonly group: SampledGroup) {}

  noteWait(length: number): void {
    const seconds = threeDigits(length);
    this.#waits.set(seconds, (this.#waits.get(seconds) ?? 0) + 1);
  }

  end(): GroupSample {
    const waits = { seconds: [...this.#waits.keys()], counts: [...this.#waits.values()] };
    return {
      ...this.group,
      values: measures.map((measure) => Math.min(this.values[measure], LARGEST)),
      ...(this.#waits.size === 0 ? {} : { waits }),
    };
  }
}

/** Of 32 bits. */
const LARGEST = 2 ** 31 - 1;

/** More than eleven days are reported as eleven. */
const LONGEST_WAIT = 999_000;

/** Beyond a thousand, three digits: so that a sample is small, however many got their nodes in one minute. */
function threeDigits(seconds: number): number {
  const most = Math.min(seconds, LONGEST_WAIT);
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, most))) - 2);
  return Math.floor(most / unit) * unit;
}
