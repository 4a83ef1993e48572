/** Until when the certificates of the cloud's services are good. One that is not good already stops the login. */
import { DAY, isoText } from "../../domain/time.ts";
import { type Finding, ok, warning } from "../finding.ts";
import type { Look } from "../look.ts";

/** Sooner, it is time to see to it. */
const SOON = 30 * DAY;

export function checkCertificates({ provider, certificates, now, wallOffset }: Look): Finding[] {
  return certificates.map(({ host, validUntil }) => {
    const about = { check: "certificate", subject: host } as const;
    const left = validUntil - now - wallOffset;
    const day = isoText(validUntil).slice(0, 10);
    if (!provider.access.verify) return warning(about, `not checked: verify is false; it ends on ${day}`);
    if (left >= SOON) return ok(about, `good until ${day}`);
    const days = Math.max(0, Math.floor(left / DAY));
    return warning(about, `ends on ${day}, in ${days} day${days === 1 ? "" : "s"}; have it renewed`);
  });
}
