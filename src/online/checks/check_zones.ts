/** Whether the cloud has the availability zones that servers are asked for in. */
import { suggest } from "../../lib/suggest.ts";
import { failure, type Finding, ok, unknown } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkZones({ provider, zones }: Look): Finding[] {
  if (zones === null) return [];
  return provider.availabilityZones.map((zone) => {
    const about = { check: "zone", subject: zone } as const;
    if ("problem" in zones) return unknown(about, zones.problem);
    if (zones.value.includes(zone)) return ok(about, "available");
    return failure(about, `the zone ${zone} is not available${suggest(zone, zones.value)}`);
  });
}
