/** Until when the certificates of the cloud's services are valid. One that is not stops the login. */
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
    if (!provider.access.verify) {
      return warning(about, `not verified, since verify is false; it expires on ${day}`);
    }
    if (left >= SOON) return ok(about, `valid until ${day}`);
    const days = Math.max(0, Math.floor(left / DAY));
    return warning(about, `expires on ${day}, in ${days} day${days === 1 ? "" : "s"}; renew it`);
  });
}
