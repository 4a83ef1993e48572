/**
 * The first user that a server lets run commands, found with as few logins as can be and without waiting for one that
 * hangs. Logins of nodes and of servers for images come through here.
 */
import { type Milliseconds, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { LoginError, type LoginFailure } from "../ssh/shell.ts";

/**
 * A login without an end for this long gets another one beside it: of the next user, as this one's may never end, or of
 * the same, as a server that has restarted does not answer on an old connection.
 */
const PATIENCE = 15 * SECOND;

/** After these, another user of the server may do better. */
const NOT_THIS_USER: ReadonlySet<LoginFailure> = new Set(["auth", "account", "command", "timeout"]);

interface Limits {
  readonly timeout: Milliseconds;
  readonly signal: AbortSignal;
}

interface Search<Result> extends Limits {
  readonly clock: Clock;
  /** Logs in as a user. */
  readonly attempt: (username: string, limits: Limits) => Promise<Result>;
  /** Gives back what came too late to be used. */
  readonly drop?: (result: Result) => PromiseLike<void>;
}

/**
 * Tries users in their order until a login works.
 * @throws LoginError: the one of the user whom the server let in, else the last; the signal's reason on abort
 */
export async function asFirstUser<Result>(
  usernames: readonly string[],
  search: Search<Result>,
): Promise<Result> {
  return await new FirstUser(usernames, search).find();
}

class FirstUser<Result> {
  readonly #usernames: readonly string[];
  readonly #search: Search<Result>;
  readonly #deadline: number;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  readonly #running = new Set<Promise<void>>();
  readonly #failures: LoginError[] = [];
  readonly #end = Promise.withResolvers<Result>();
  #isFound = false;
  #started = 0;

  constructor(usernames: readonly string[], search: Search<Result>) {
    this.#usernames = usernames;
    this.#search = search;
    this.#deadline = search.clock.now() + search.timeout;
    this.#signal = AbortSignal.any([search.signal, this.#over.signal]);
  }

  /** No login is still running when it resolves. */
  async find(): Promise<Result> {
    this.#start();
    this.#startMore().catch(() => {});
    try {
      return await this.#end.promise;
    } finally {
      this.#over.abort(new Error("another login succeeded"));
      await Promise.all(this.#running);
    }
  }

  #start(): void {
    const { attempt, clock } = this.#search;
    const username = this.#usernames[this.#started % this.#usernames.length]!;
    this.#started++;
    const limits = { timeout: this.#deadline - clock.now(), signal: this.#signal };
    const run: Promise<void> = attempt(username, limits).then(
      (result) => this.#worked(result),
      (error) => {
        this.#running.delete(run);
        this.#failed(error);
      },
    );
    this.#running.add(run);
  }

  async #startMore(): Promise<void> {
    for (let pause = PATIENCE;; pause *= this.#hasMoreUsers ? 1 : 2) {
      await this.#search.clock.sleep(pause, { signal: this.#signal });
      if (this.#search.clock.now() < this.#deadline) this.#start();
    }
  }

  get #hasMoreUsers(): boolean {
    return this.#started < this.#usernames.length;
  }

  async #worked(result: Result): Promise<void> {
    if (this.#isFound) return await this.#search.drop?.(result);
    this.#isFound = true;
    this.#end.resolve(result);
  }

  #failed(error: unknown): void {
    if (!(error instanceof LoginError) || this.#signal.aborted) return this.#end.reject(error);
    this.#failures.push(error);
    if (this.#hasMoreUsers && NOT_THIS_USER.has(error.failure)) return this.#start();
    if (this.#running.size === 0) this.#end.reject(this.#mostTelling(error));
  }

  /** Where time was up for several at once, the first had most of it. */
  #mostTelling(last: LoginError): LoginError {
    const first = (kind: LoginFailure) => this.#failures.find(({ failure }) => failure === kind);
    return first("account") ?? (last.failure === "timeout" ? first("timeout")! : last);
  }
}
