/** Whether this machine and the cloud agree on the time: certificates and people rely on it, launches do not. */
import { clockSkew } from "../../domain/clock_skew.ts";
import { durationText } from "../../domain/time.ts";
import { type Finding, ok, unknown, warning } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkClock({ seen, cloudAhead, wallOffset }: Look): Finding[] {
  const about = { check: "clock", subject: null } as const;
  if (seen.inventory.completeAt === null) return [];
  if (cloudAhead === null) return [unknown(about, "the cloud does not report its time")];
  const skew = clockSkew(cloudAhead, wallOffset);
  if (skew === 0) return [ok(about, "agrees with this machine's")];
  const where = `${durationText(Math.abs(skew))} ${skew > 0 ? "ahead of" : "behind"}`;
  return [warning(about, `the cloud's clock is ${where} this machine's; set the one that is wrong`)];
}
