/**
 * A problem that needs somebody's attention, taken apart: what is wrong, since when, what to do about it, and what it is
 * about. `status`, its line for the service manager and the dashboard all show the same ones; `list_problems.ts` finds them.
 */
import { type linkedSections, seeManual } from "../domain/see_manual.ts";
import type { Instant } from "../domain/time.ts";
import { remedyText } from "./obstacle_view.ts";

export interface PoolProblem {
  /** The thing and what is wrong with it. */
  readonly message: string;
  /** The ways out of it; each may have a section of the manual of its own. */
  readonly remedies: readonly { readonly remedy: string | null; readonly manual: string | null }[];
  /** The section of the manual on problems of its kind; null: there is no such section. */
  readonly manual: typeof linkedSections[number] | null;
  /** null: not known. */
  readonly since: Instant | null;
  /** When it happened last, where it is something that happens again and again; null: it is not. */
  readonly lastAt: Instant | null;
  /** When it is tried again, or ends by itself; null: not known, or now. */
  readonly until: Instant | null;
  /** The thing that it is about, as `explain` takes it; null: the pool as a whole, or what has no explanation. */
  readonly thing: Thing | null;
}

export interface Thing {
  readonly kind: "label" | "provider" | "image" | "node" | "request";
  readonly name: string;
}

/** Fields that are not given are not known. */
export function problem(message: string, fields: Partial<Omit<PoolProblem, "message">> = {}): PoolProblem {
  return {
    message,
    remedies: [],
    manual: null,
    since: null,
    lastAt: null,
    until: null,
    thing: null,
    ...fields,
  };
}

/** Of a provider. */
export function providerProblem(
  name: string,
  text: string,
  fields: Partial<Omit<PoolProblem, "message" | "thing">> = {},
): PoolProblem {
  return problem(`provider ${name}: ${text}`, { ...fields, thing: { kind: "provider", name } });
}

/** One remedy without a section of its own; empty: there is nothing to do. */
export function remedies(text: string | null): PoolProblem["remedies"] {
  return text === null ? [] : [{ remedy: text, manual: null }];
}

/** `label big: …; remedy: …; see: nodepool manual quota` */
export function problemText({ message, remedies, manual }: PoolProblem): string {
  const cures = [...new Set(remedies.flatMap((one) => remedyText(one) ?? []))];
  return [
    message,
    ...(cures.length === 0 ? [] : [`remedy: ${cures.join("; ")}`]),
    ...(manual === null ? [] : [seeManual(manual)]),
  ].join("; ");
}
