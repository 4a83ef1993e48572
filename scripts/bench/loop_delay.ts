/** How late a daemon's event loop has been, as its `/metrics` tell. */
import type { RunningPool } from "../../tests/e2e/running_pool.ts";

/** Upper bounds in seconds that matter: nothing should be over the first. */
const BOUNDS = [0.05, 0.1, 0.25, 0.5, 1];

export async function loopDelay(pool: RunningPool): Promise<string> {
  const text = await (await pool.fetch("/metrics")).text();
  const value = (series: string) => {
    const line = text.split("\n").find((line) => line.startsWith(`nodepool_event_loop_delay_${series} `));
    return Number(line?.split(" ").at(-1));
  };
  const count = value("seconds_count");
  const over = BOUNDS.map((bound) =>
    `${count - value(`seconds_bucket{le="${bound}"}`)} over ${bound * 1000}`
  );
  const longest = value("max_seconds") * 1000;
  return `event loop: of ${count} looks ${over.join(", ")} ms late; longest of the last minute ${
    longest.toFixed(0)
  } ms`;
}
