/**
 * Finds out what became of servers and images that a provider's listings leave out though records name them: each is
 * asked for by itself, and is gone only where the cloud knows no such thing. What is being deleted is asked for at
 * once; of the rest few are in a minute, unless more are missing at once than is plausible: then the listings are
 * doubtful until they show them again or all are proven gone. `ProviderWatch` has one, and a task of its own runs it,
 * so that looks that hang delay no listing.
 */
import type { Cloud } from "../cloud/cloud.ts";
import type { ImageInventory } from "../domain/image_inventory.ts";
import type { Inventory } from "../domain/inventory.ts";
import type { Missing } from "../domain/observation.ts";
import { type Instant, MINUTE } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Expected } from "./list_expected.ts";

/** Things that may be missing at once without the listings being doubted, and looks in a minute while no more are. */
const PLAUSIBLE = 5;
/** Looks begun at once where more are missing; the provider's rate spaces them. */
const CHUNK = 50;
/** After a look without an answer, or at what is about to change; and after one that found it. */
const REPEATS = { soon: MINUTE, found: 5 * MINUTE };

interface AbsenceProofsDeps {
  readonly cloud: Pick<Cloud, "getServer" | "getImage">;
  readonly clock: Clock;
  readonly inventory: Inventory;
  readonly images: ImageInventory;
  /** The things that the listings must show now. */
  readonly expected: () => readonly Expected[];
}

export class AbsenceProofs {
  /** The missing things, as of the newest listing or look; null: nothing that is not being deleted. */
  missing: Missing | null = null;
  readonly #deps: AbsenceProofsDeps;
  /** All that listings leave out, in the order in which it is looked up. */
  #unlisted: readonly Expected[] = [];
  /** When each of them may be looked up again; those that have not been are not in it. */
  #again = new Map<string, Instant>();
  /** When those looks of the last minute began that were at nothing that is being deleted. */
  #looks: readonly Instant[] = [];
  /** More has been missing at once than is looked up in a minute, and some of it still is. */
  #isMuch = false;
  /** A cloud that answers no look is left alone until then. */
  #pausedUntil: Instant = 0;

  constructor(deps: AbsenceProofsDeps) {
    this.#deps = deps;
  }

  /** Whether listings leave out anything that is not known to be gone. */
  get isMissingAny(): boolean {
    return this.#unlisted.length > 0;
  }

  /** Compares what has been seen with what must be there; to be called after each listing. */
  survey(): void {
    const { inventory, images, expected } = this.#deps;
    const all = expected();
    const ids = new Set<string>();
    for (const { id } of all) ids.add(id);
    inventory.keepOnly(ids);
    images.keepOnly(ids);
    this.#unlisted = all.filter((one) => this.#isUnlisted(one))
      .toSorted((one, other) => ORDER[one.use] - ORDER[other.use]);
    const again = this.#unlisted.flatMap(({ id }) => {
      const at = this.#again.get(id);
      return at === undefined ? [] : [[id, at] as const];
    });
    this.#again = new Map(again);
    this.#isMuch = this.#unlisted.length > PLAUSIBLE || (this.#isMuch && this.#unlisted.length > 0);
    this.missing = this.#judge();
  }

  #isUnlisted(one: Expected): boolean {
    // That a deletion has been carried out needs no proof: it was asked for.
    if (one.use === "deleting" && one.kind === "server" && this.#deps.inventory.isDeleted(one.id)) {
      return false;
    }
    return this.#sightingsOf(one).isUnlisted(one.id, one.since);
  }

  /** Looks up what is due. @returns when to do so again */
  async prove(signal: AbortSignal): Promise<Instant> {
    this.survey();
    const now = this.#deps.clock.now();
    const due = now < this.#pausedUntil ? [] : this.#due(now);
    if (due.length === 0) return this.nextDue();
    this.#looks = [...this.#looks, ...due.filter((one) => !isDeleting(one)).map(() => now)];
    const answers = await Promise.all(due.map((one) => this.#look(one, signal)));
    if (!answers.includes(true)) this.#pausedUntil = this.#deps.clock.now() + REPEATS.soon;
    this.survey();
    return this.nextDue();
  }

  /** When something is to be looked up next. */
  nextDue(): Instant {
    const now = this.#deps.clock.now();
    const allowed = this.#allowance(now) > 0 ? now : this.#looks[0]! + MINUTE;
    const times = this.#unlisted.map((one) =>
      Math.max(this.#again.get(one.id) ?? now, isDeleting(one) ? now : allowed)
    );
    return Math.max(Math.min(...times), this.#pausedUntil);
  }

  #due(now: Instant): readonly Expected[] {
    const due = this.#unlisted.filter(({ id }) => (this.#again.get(id) ?? now) <= now);
    const others = due.filter((one) => !isDeleting(one));
    return [...due.filter(isDeleting), ...others.slice(0, this.#allowance(now))].slice(0, CHUNK);
  }

  #allowance(now: Instant): number {
    this.#looks = this.#looks.filter((at) => at > now - MINUTE);
    return this.#isMuch ? CHUNK : PLAUSIBLE - this.#looks.length;
  }

  /** One request. @returns whether it was answered; anything but an answer proves nothing */
  async #look(one: Expected, signal: AbortSignal): Promise<boolean> {
    const { cloud, clock, inventory, images } = this.#deps;
    try {
      if (one.kind === "server") take(one.id, await cloud.getServer(one.id, { signal }), inventory);
      else take(one.id, await cloud.getImage(one.id, { signal }), images);
      const isChanging = one.use === "deleting" || one.use === "building";
      this.#again.set(one.id, clock.now() + (isChanging ? REPEATS.soon : REPEATS.found));
      return true;
    } catch {
      signal.throwIfAborted();
      this.#again.set(one.id, clock.now() + REPEATS.soon);
      return false;
    }
  }

  #judge(): Missing | null {
    const missing = this.#unlisted.filter(({ use }) => use !== "deleting");
    if (missing.length === 0) return null;
    const found = missing.filter((one) => this.#sightingsOf(one).isFound(one.id)).length;
    const now = this.#deps.clock.now();
    return {
      servers: missing.filter(({ kind }) => kind === "server").length,
      images: missing.filter(({ kind }) => kind === "image").length,
      found,
      since: this.missing?.since ?? now,
      isDoubtful: this.missing?.isDoubtful || found > 0 || missing.length > PLAUSIBLE,
      isLooking: this.#isMuch && now >= this.#pausedUntil && missing.some(({ id }) => !this.#again.has(id)),
    };
  }

  #sightingsOf({ kind }: Expected): Inventory | ImageInventory {
    return kind === "server" ? this.#deps.inventory : this.#deps.images;
  }
}

function isDeleting({ use }: Expected): boolean {
  return use === "deleting";
}

const ORDER: Readonly<Record<Expected["use"], number>> = { deleting: 0, building: 1, waiting: 2, working: 3 };

function take<Thing>(
  id: string,
  answer: Thing | "gone",
  sightings: { noteFound(thing: Thing): void; noteGone(id: string): void },
): void {
  if (answer === "gone") sightings.noteGone(id);
  else sightings.noteFound(answer);
}
