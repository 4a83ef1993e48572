/**
 * The effect of SIGUSR2: writes to the log what the daemon is doing, switches the CPU profiler on, and at the next signal
 * off again, which leaves a profile. Signals that come close together are answered one after the other. The daemon has
 * one, and hands it its signals.
 */
import { type Instant, isoText, MINUTE, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { CpuProfile, CpuProfiler } from "../lib/cpu_profiler.ts";
import { setAlarm } from "../lib/deadline.ts";
import { errorChain } from "../lib/error_chain.ts";
import { UNLIMITED } from "../lib/log_category.ts";
import { loggerOf } from "../lib/logging.ts";
import { ownTimes } from "../lib/own_times.ts";
import { dumpParagraphs, type DumpView } from "../views/dump.ts";

const log = loggerOf(UNLIMITED);

/** A profiler that was forgotten takes memory for as long as it runs. */
const LONGEST_PROFILE = 10 * MINUTE;

const NAMED = 10;

interface StackDumpDeps {
  readonly clock: Clock;
  readonly profiler: CpuProfiler;
  readonly pid: number;
  /** Where profiles go; it is made where it is missing. */
  readonly folder: () => string;
  readonly dump: () => DumpView;
}

export class StackDump implements AsyncDisposable {
  readonly #deps: StackDumpDeps;
  #turn: Promise<void> = Promise.resolve();
  #profilingSince: Instant | null = null;
  /** Ends the wait for the end of the longest profile. */
  #bound: Disposable | null = null;

  constructor(deps: StackDumpDeps) {
    this.#deps = deps;
  }

  /** null: the profiler is off. */
  get profilingSince(): Instant | null {
    return this.#profilingSince;
  }

  /** SIGUSR2 came. */
  signal(): Promise<void> {
    return this.#inTurn(async () => {
      const { profiler } = this.#deps;
      const wasOn = profiler.isOn;
      // What the dump itself costs is nobody's question.
      if (wasOn) await this.#writeProfile();
      this.#tell();
      if (!wasOn) await this.#beginProfile();
    });
  }

  /** Writes the profile that is being made. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#deps.profiler.isOn) await this.#writeProfile();
    });
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    return this.#turn = this.#turn.then(run).catch((error) => {
      log.error("SIGUSR2: {error}", { error: errorChain(error) });
    });
  }

  #tell(): void {
    for (const text of dumpParagraphs(this.#deps.dump())) log.warning("{text}", { text });
  }

  async #beginProfile(): Promise<void> {
    const { profiler, clock } = this.#deps;
    try {
      await profiler.start();
    } catch (error) {
      return log.error("cannot start the CPU profiler: {error}", { error: errorChain(error) });
    }
    this.#profilingSince = clock.now();
    log.warning(
      "the CPU profiler is on: send SIGUSR2 again to get the profile; it stops by itself after {minutes} min",
      {
        minutes: LONGEST_PROFILE / MINUTE,
      },
    );
    const end = () => void this.#inTurn(() => this.#writeProfile());
    this.#bound = setAlarm(end, { clock, timeout: LONGEST_PROFILE });
  }

  async #writeProfile(): Promise<void> {
    const { profiler } = this.#deps;
    this.#bound?.[Symbol.dispose]();
    this.#profilingSince = null;
    if (!profiler.isOn) return;
    const profile = await profiler.stop();
    try {
      const path = await this.#save(profile);
      log.warning("CPU profile {path}: open it in the developer tools of Chrome", { path });
    } catch (error) {
      log.error("cannot write the CPU profile: {error}; check log.profile-dir", { error: errorChain(error) });
    }
    log.warning("{text}", { text: describeTimes(profile) });
  }

  async #save(profile: CpuProfile): Promise<string> {
    const { folder, clock, pid } = this.#deps;
    const time = isoText(clock.wall()).replaceAll(":", "-");
    const path = `${folder()}/nodepool-${pid}-${time}.cpuprofile`;
    await Deno.mkdir(folder(), { recursive: true, mode: 0o700 });
    // Never over, or through a link to, what somebody put there.
    await Deno.writeTextFile(path, JSON.stringify(profile), { createNew: true, mode: 0o600 });
    return path;
  }
}

/** E.g. `of 10 s, 2.5 s busy; most self time:` and a line for each function. */
function describeTimes(profile: CpuProfile): string {
  const { total, busy, functions } = ownTimes(profile);
  const seconds = (time: number) => (time / SECOND).toFixed(3);
  const lines = functions.slice(0, NAMED).map(({ name, place, time }) => {
    const share = `${(100 * time / Math.max(busy, 1)).toFixed(1)} %`;
    return `  ${seconds(time).padStart(9)} s ${share.padStart(7)}  ${`${name} ${place}`.trim()}`;
  });
  return [`profile of ${seconds(total)} s, busy for ${seconds(busy)} s; most self time:`, ...lines]
    .join("\n");
}
