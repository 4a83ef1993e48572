/** `nodepool resign`: the daemon that leads a pool on several machines hands over to a standby. */
import { Command } from "@commander-js/extra-typings";
import type { AnswerOf } from "../../control/operations.ts";
import type { Call } from "../../lib/call.ts";
import type { Clock } from "../../lib/clock.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { CliContext } from "../cli_context.ts";
import { example, helpGroup } from "../help.ts";
import { LastingPool } from "../lasting_pool.ts";
import { writeLine } from "../write_line.ts";

type Leader = AnswerOf<"leader">;

/** Between two looks who leads. */
const LOOK = 200;

/** A standby that lives leads within seconds; one that died leaves the pool to the next within eleven. */
const PATIENCE = 30_000;

export function resignCommand(context: CliContext) {
  return new Command("resign")
    .helpGroup(helpGroup.pool)
    .description(
      "have the daemon that leads a pool on several machines hand over to a standby, and wait until that leads",
    )
    .option("--force", "even if there is no standby: nobody leads until a daemon starts")
    .addHelpText("after", example("nodepool resign"))
    .action(async ({ force = false }) => {
      const { io } = context;
      using interrupts = io.interrupts();
      await using pool = await LastingPool.open(context);
      const { signal } = interrupts;
      const former = await pool.ask("leader", {}, { signal });
      const resigned = await pool.ask("resign", { id: former.id, force }, { signal });
      const said = resigned.standbys.length === 0
        ? `${nameOf(former)} no longer leads, and nobody takes over`
        : await nextLeader(former, { pool, clock: io.clock, signal });
      writeLine(io.stdout, said);
    });
}

/** Waits until another leads. @returns for people */
async function nextLeader(
  former: Leader,
  { pool, clock, signal }: { pool: LastingPool; clock: Clock } & Call,
): Promise<string> {
  const startedAt = clock.monotonic();
  const reason = () =>
    new Error(`${nameOf(former)} has been asked to resign, and no other daemon is known to lead after 30 s`);
  using deadline = startDeadline({ clock, timeout: PATIENCE, signal, reason });
  for (;;) {
    const next = await pool.ask("leader", {}, deadline);
    if (next.id !== former.id) {
      const seconds = (clock.monotonic() - startedAt) / 1_000;
      return `${nameOf(next)} leads the pool now, after ${seconds.toFixed(1)} s`;
    }
    await clock.sleep(LOOK, deadline);
  }
}

function nameOf({ host, pid }: Leader): string {
  return `${host} (pid ${pid})`;
}
