/**
 * A fault: a row of the catalogue, which says where it strikes and what it does there; and the faults in force, on a
 * board: rules that were armed say when (pattern, probability, count, window), and how often each struck is counted. The
 * board draws in the order of arming, with the simulator's own chance, so that a seed brings the same faults every time.
 */
import type { Instant, Milliseconds } from "../domain/time.ts";
import type { Random } from "../lib/random.ts";
import type { ApiAnswer, ApiRefusal } from "./answer.ts";
import type { CloudState } from "./cloud_state.ts";
import type { Breakage, Exchange } from "./exchange.ts";
import { completeFaultRule, type FaultRule, type FaultRuleInput, refuse } from "./settings.ts";
import type { SimulatedImage } from "./simulated_image.ts";
import type { SimulatedServer } from "./simulated_server.ts";
import { faultCatalogue } from "./fault_catalogue.ts";
import { matchesAnyPattern, matchesPattern } from "./pattern.ts";
import { ruleProblems } from "./settings_check.ts";

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

/** A rule in force. */
export interface ArmedFault {
  readonly id: number;
  readonly rule: FaultRule;
  readonly fault: Fault;
  /** Requests that it fitted. */
  seen: number;
  /** Of these, how many it struck. */
  struck: number;
  /** Calls for when it is over. */
  readonly letGo: ((now: Instant) => void)[];
}

/** The subject that a rule is matched with. */
export interface Subject {
  readonly cloud: string;
  readonly service: string;
  readonly operation: string;
  /** Of what the request is about: a server, an image, or both. */
  readonly names: readonly string[];
}

interface FaultGround {
  readonly random: Random;
  readonly startedAt: Instant;
  /** The names of those that rules can be for. */
  readonly clouds: readonly string[];
}

export class FaultBoard {
  /** The rules in force, in the order of arming. */
  armed: readonly ArmedFault[] = [];
  readonly #ground: FaultGround;
  #ids = 0;

  constructor(ground: FaultGround) {
    this.#ground = ground;
  }

  /** @throws Error for a rule that cannot be used */
  arm(input: FaultRuleInput): ArmedFault {
    const rule = completeFaultRule(input);
    refuse(ruleProblems(rule, this.#ground.clouds), "a fault rule");
    const fault = faultCatalogue.get(rule.fault)!;
    const armed = { id: ++this.#ids, rule, fault, seen: 0, struck: 0, letGo: [] };
    this.armed = [...this.armed, armed];
    return armed;
  }

  /** Takes one rule out of force, or all; whether there was any. What it held up goes on. */
  disarm(id: number | undefined, now: Instant): boolean {
    const over = this.armed.filter((armed) => id === undefined || armed.id === id);
    this.armed = this.armed.filter((armed) => !over.includes(armed));
    for (const armed of over) letGo(armed, now);
    return over.length > 0;
  }

  /** Lets go what rules held up whose window is over. */
  advance(now: Instant): void {
    for (const armed of this.armed) {
      const { until } = armed.rule;
      if (until !== null && now - this.#ground.startedAt >= until) {
        letGo(armed, this.#ground.startedAt + until);
      }
    }
  }

  /** The faults that strike now at this stage, each counted as it is taken. */
  *draw(stage: Stage, subject: Subject, now: Instant): Generator<{ fault: Fault; blow: Blow }> {
    for (const armed of this.armed) {
      if (!strikesAt(armed, stage) || !this.#fits(armed, subject, now) || !this.#falls(armed)) continue;
      yield { fault: armed.fault, blow: this.#blow(armed, now) };
    }
  }

  /** Whether a rule just armed strikes something that stands already; counted as in `draw`. */
  strikesStanding(armed: ArmedFault, subject: Subject, now: Instant): Blow | null {
    if (armed.fault.standing === undefined || !this.#fits(armed, subject, now)) return null;
    return this.#falls(armed) ? this.#blow(armed, now) : null;
  }

  #fits({ rule, fault }: ArmedFault, subject: Subject, now: Instant): boolean {
    const age = now - this.#ground.startedAt;
    if (age < rule.after || (rule.until !== null && age >= rule.until)) return false;
    if (rule.cloud !== null && rule.cloud !== subject.cloud) return false;
    if (rule.service !== null && rule.service !== subject.service) return false;
    if (!matchesAnyPattern(rule.operation ?? fault.operations, subject.operation)) return false;
    const { name } = rule;
    return name === null || subject.names.some((one) => matchesPattern(name, one));
  }

  #falls(armed: ArmedFault): boolean {
    const { rule } = armed;
    if (rule.count !== null && armed.struck >= rule.count) return false;
    if (++armed.seen <= rule.skip) return false;
    if (rule.probability < 1 && this.#ground.random.float() >= rule.probability) return false;
    armed.struck++;
    return true;
  }

  #blow({ rule, fault, letGo }: ArmedFault, now: Instant): Blow {
    const time = rule.time ?? fault.time ?? 0;
    return { rule, now, random: this.#ground.random, time, atEnd: (act) => void letGo.push(act) };
  }
}

function letGo(armed: ArmedFault, now: Instant): void {
  for (const act of armed.letGo.splice(0)) act(now);
}

/** A fault that can strike before or after the effect does so where rule or catalogue say. */
function strikesAt({ rule, fault }: ArmedFault, stage: Stage): boolean {
  if (fault[stage] === undefined) return false;
  const effect = rule.effect ?? fault.effect;
  if (stage === "refuse") return fault.spoil === undefined || effect === false;
  if (stage === "spoil") return fault.refuse === undefined || effect !== false;
  return true;
}
