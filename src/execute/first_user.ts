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
 * Tries users in their order until a login works. No login is still running when it settles.
 * @throws LoginError: the one of the user whom the server let in, else the last; the signal's reason on abort
 */
export async function asFirstUser<Result>(
  usernames: readonly string[],
  { attempt, drop, clock, timeout, signal: outer }: Search<Result>,
): Promise<Result> {
  const deadline = clock.now() + timeout;
  const over = new AbortController();
  const signal = AbortSignal.any([outer, over.signal]);
  const running = new Set<Promise<void>>();
  const failures: LoginError[] = [];
  const end = Promise.withResolvers<Result>();
  let [isFound, started] = [false, 0];

  const start = () => {
    const username = usernames[started++ % usernames.length]!;
    const limits = { timeout: deadline - clock.now(), signal };
    const run: Promise<void> = attempt(username, limits).then(worked, (error) => {
      running.delete(run);
      failed(error);
    });
    running.add(run);
  };
  const worked = async (result: Result) => {
    if (isFound) return await drop?.(result);
    isFound = true;
    end.resolve(result);
  };
  const failed = (error: unknown) => {
    if (!(error instanceof LoginError) || signal.aborted) return end.reject(error);
    failures.push(error);
    if (started < usernames.length && NOT_THIS_USER.has(error.failure)) return start();
    if (running.size === 0) end.reject(mostTelling(failures));
  };
  const startMore = async () => {
    for (let pause = PATIENCE;; pause *= started < usernames.length ? 1 : 2) {
      await clock.sleep(pause, { signal });
      if (clock.now() < deadline) start();
    }
  };

  start();
  startMore().catch(() => {});
  try {
    return await end.promise;
  } finally {
    over.abort(new Error("another login succeeded"));
    await Promise.all(running);
  }
}

/** Where time was up for several at once, the first had most of it. */
function mostTelling(failures: readonly LoginError[]): LoginError {
  const first = (kind: LoginFailure) => failures.find(({ failure }) => failure === kind);
  const last = failures.at(-1)!;
  return first("account") ?? (last.failure === "timeout" ? first("timeout")! : last);
}
