/** Finds in a change of a request's record that it was granted or withdrawn. Pure; called once for every change. */
import type { NodeRequest } from "../domain/request.ts";
import type { Instant } from "../domain/time.ts";
import { type Happening, took } from "./happening.ts";

/** With the time that it waited. @param now when one that is gone went */
export function requestHappenings(
  previous: NodeRequest | null,
  next: NodeRequest | null,
  { now }: { now: Instant },
): readonly Happening[] {
  if (previous === null || previous.grantedAt !== null) return [];
  const { label, createdAt } = previous;
  const end = next === null ? now : next.grantedAt;
  if (end === null) return [];
  return [took("request", { label, result: next === null ? "withdrawn" : "granted" }, end - createdAt)];
}
