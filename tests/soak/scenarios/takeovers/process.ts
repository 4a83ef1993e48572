/**
 * A process of a machine, as far as it reaches out: it can be stopped and continued, as by SIGSTOP and SIGCONT, before
 * and after each thing that it waits for, and killed. What it had asked for goes on then; nothing more goes out, and
 * no answer comes in.
 */
import type { Etcd } from "../../../../src/etcd/etcd.ts";
import type { Clock } from "../../../../src/lib/clock.ts";

export class Process {
  readonly clock: Clock;
  readonly #end = new AbortController();
  #stopped: PromiseWithResolvers<void> | null = null;

  constructor(clock: Clock) {
    this.clock = {
      now: () => clock.now(),
      wall: () => clock.wall(),
      monotonic: () => clock.monotonic(),
      sleep: async (milliseconds, options) => {
        await clock.sleep(milliseconds, options);
        await this.#going();
      },
    };
  }

  get isKilled(): boolean {
    return this.#end.signal.aborted;
  }

  /** Aborted when it is killed. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  stop(): void {
    this.#stopped ??= Promise.withResolvers();
  }

  go(): void {
    this.#stopped?.resolve();
    this.#stopped = null;
  }

  kill(): void {
    this.#end.abort(new Error("killed"));
    this.go();
  }

  /** Resolves when the process may go on. @throws once it is killed */
  async pass(): Promise<void> {
    await this.#going();
    this.signal.throwIfAborted();
  }

  /** What somebody waits for who asks this process. */
  async answer<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    await this.pass();
    const ended = Promise.withResolvers<never>();
    const end = () => ended.reject(new Error("the connection is closed"));
    this.signal.addEventListener("abort", end);
    try {
      const answer = await Promise.race([ask(), ended.promise]);
      await this.pass();
      return answer;
    } finally {
      this.signal.removeEventListener("abort", end);
    }
  }

  /** What it has of etcd. */
  reach(etcd: Etcd): Etcd {
    const through =
      <Arguments extends unknown[], Answer>(ask: (...args: Arguments) => Promise<Answer>) =>
      async (...args: Arguments): Promise<Answer> => {
        await this.pass();
        const answer = await ask(...args).finally(() => this.pass());
        return answer;
      };
    return {
      range: through(etcd.range),
      transact: through(etcd.transact),
      grantLease: through(etcd.grantLease),
      keepAlive: through(etcd.keepAlive),
      revokeLease: through(etcd.revokeLease),
      status: through(etcd.status),
      clockAhead: 0,
      [Symbol.asyncDispose]: () => etcd[Symbol.asyncDispose](),
    };
  }

  async #going(): Promise<void> {
    while (this.#stopped !== null) await this.#stopped.promise;
  }
}
