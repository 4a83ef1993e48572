/**
 * A fault: a row of the catalogue. A row says where it strikes and what it does there; everything about
 * when (pattern, probability, count, window) is the rule's and lies with the `FaultBoard`.
 */
import type { Instant, Milliseconds } from "../domain/time.ts";
import type { Random } from "../lib/random.ts";
import type { ApiAnswer, ApiRefusal } from "./answer.ts";
import type { CloudState } from "./cloud_state.ts";
import type { Breakage, Exchange } from "./exchange.ts";
import type { FaultRule } from "./settings.ts";
import type { SimulatedImage } from "./simulated_image.ts";
import type { SimulatedServer } from "./simulated_server.ts";

/** A fault at the moment at which it strikes. */
export interface Blow {
  readonly rule: FaultRule;
  readonly now: Instant;
  readonly random: Random;
  /** The rule's own time, or the catalogue's. */
  readonly time: Milliseconds;
  /** Has that done once the rule is disarmed or its window is over: what was held up goes on. */
  atEnd(letGo: (now: Instant) => void): void;
}

/** The servers in a listing; faults take away or add. */
export interface ServerView {
  servers: readonly SimulatedServer[];
  /** The time as of which they are shown. */
  asOf: Instant;
  /** Whether only as many are shown as remain, with no word of further pages. */
  cut: boolean;
  /** Those in cells that are down: shown with little more than their ids, or not at all. */
  down: readonly SimulatedServer[];
}

export interface Fault {
  readonly number: number;
  readonly title: string;
  /** Patterns over operations, with blanks between, where the rule has none. */
  readonly operations: string;
  /** The default of a rule's `time`, and its meaning: in `title`. */
  readonly time?: Milliseconds;
  /** Whether the request takes effect, where the rule does not say. */
  readonly effect?: boolean;

  /** Milliseconds to wait before anything happens. */
  wait?(blow: Blow): Milliseconds;
  /** Instead of the request's effect; null: it takes effect this time. */
  refuse?(blow: Blow, exchange: Exchange): ApiRefusal | ApiAnswer | Breakage | null;
  /** After the effect, instead of its answer. */
  spoil?(blow: Blow, exchange: Exchange, answer: ApiAnswer): ApiRefusal | ApiAnswer | Breakage;
  /** On a server that was just planned. */
  build?(blow: Blow, server: SimulatedServer, cloud: CloudState): void;
  /** On a server whose deletion was just accepted. */
  deletion?(blow: Blow, server: SimulatedServer, cloud: CloudState): void;
  /** On an upload about to begin: after how many bytes it is cut, of the number announced (null: not announced). */
  cut?(blow: Blow, announced: number | null): number;
  /** On an image that has its data, or a snapshot, whose way to `active` was just planned. */
  saving?(blow: Blow, image: SimulatedImage): void;
  /** On what a listing of servers shows. */
  listing?(blow: Blow, view: ServerView, cloud: CloudState): void;
  /** On what a listing of images shows: how many of its images. */
  imageListing?(blow: Blow, count: number): number;
  /** On the life of a token about to be issued: the real one, in milliseconds. */
  token?(blow: Blow): Milliseconds;
  /** On the Date of an answer: milliseconds that it is ahead. */
  date?(blow: Blow): Milliseconds;
  /** On servers that are there when the rule is armed. */
  standing?(blow: Blow, server: SimulatedServer, cloud: CloudState): void;
}

/** The ways in which a fault strikes a request. */
export type Stage = Exclude<keyof Fault, "number" | "title" | "operations" | "time" | "effect" | "standing">;
