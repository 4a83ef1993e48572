import assert from "node:assert/strict";
import type { CampaignLook } from "../../src/lead/campaign.ts";
import { standbyLog } from "../../src/lead/standby_log.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { recordOf } from "./campaigning.ts";

const MINUTE = 60_000;

const behind = (host: string): CampaignLook => ({ leader: recordOf(host), problem: null });
const silent: CampaignLook = { leader: null, problem: "etcd does not answer" };

/** What a standby logs of these looks, one a second. */
async function linesOf(...looks: readonly CampaignLook[]): Promise<string[]> {
  const clock = new VirtualClock();
  const lines = await loggedLines(async () => {
    const tell = standbyLog({ pool: "ci", clock });
    for (const look of looks) {
      tell(look);
      await clock.advance(1_000);
    }
  });
  return lines.map(({ level, message }) => `${level} ${message.join("")}`);
}

const standing = (host: string) =>
  `info standby of the pool ci: ${host} leads it; this daemon takes over when that one ends`;

Deno.test("a standby says once who it stands behind, and again when that changes", async () => {
  const looks = [...Array(30).fill(behind("one")), ...Array(30).fill(behind("two"))];
  assert.deepEqual(await linesOf(...looks), [standing("one (pid 7)"), standing("two (pid 7)")]);
});

Deno.test("a standby says at once that etcd is out of reach, then seldom, and who leads when it is back", async () => {
  const looks = [behind("one"), ...Array(25 * MINUTE / 1_000).fill(silent), behind("one"), behind("one")];
  const trouble = "warning standby of the pool ci; it cannot take over: etcd does not answer";
  const led = standing("one (pid 7)");
  assert.deepEqual(await linesOf(...looks), [led, trouble, trouble, trouble, led]);
});

Deno.test("a standby behind a leader whose record it cannot read says so", async () => {
  assert.deepEqual(await linesOf({ leader: null, problem: null }), [standing("a daemon of another version")]);
});
