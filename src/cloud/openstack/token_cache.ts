/**
 * The token in force: taken at the first call, renewed some minutes before it ends, beside the calls that it is still
 * good for, and after a 401. There is one login at a time, however many calls wait for it. `session` calls it.
 */
import { inFlight, waitFor } from "../../lib/in_flight.ts";
import { loggerOf } from "../../lib/logging.ts";
import { orAborted } from "../../lib/or_aborted.ts";
import { durationText, type Milliseconds, SECOND } from "../../domain/time.ts";
import { type LoginOptions, loginToKeystone, type Token } from "./keystone_login.ts";

const log = loggerOf("cloud");

/** From a renewal that failed to the next one, while the token in use is good. */
const RENEWAL_PAUSE = 30 * SECOND;

export class TokenCache {
  readonly #options: LoginOptions;
  #token: Token | null = null;
  #login: Promise<Token> | null = null;
  /** On our monotonic clock: no renewal that nobody waits for begins before. */
  #renewNotBefore = 0;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /**
   * A token that is still good.
   * @param options `goodFor`: how much longer at least; as long as the cloud makes them, where that is shorter
   */
  async get(
    { signal, goodFor = 0 }: { signal: AbortSignal; goodFor?: Milliseconds },
  ): Promise<Token> {
    signal.throwIfAborted();
    const now = this.#options.clock.monotonic();
    if (this.#token !== null && now + goodFor < this.#token.endsAt) {
      if (now >= this.#token.renewAt) this.#renewBeside(this.#token, now);
      return this.#token;
    }
    const login = this.#login ??= this.#startLogin();
    return await waitFor("a token from Keystone", () => orAborted(login, signal));
  }

  /** Forgets a token that a service refused; one that came later stays. */
  forget(refused: Token): void {
    if (this.#token === refused) this.#token = null;
  }

  #renewBeside({ endsAt }: Token, now: number): void {
    if (this.#login !== null || now < this.#renewNotBefore) return;
    this.#login = inFlight.apart(() => this.#startLogin());
    this.#login.catch((error) => {
      const { clock, transport } = this.#options;
      this.#renewNotBefore = clock.monotonic() + RENEWAL_PAUSE;
      const left = endsAt - clock.monotonic();
      if (transport.closing.aborted || left <= 0) return;
      const [reason, rest] = [String(error.message), durationText(left)];
      log.warning("{reason}; the token in use is good for another {rest}", { reason, rest });
    });
  }

  async #startLogin(): Promise<Token> {
    try {
      return this.#token = await loginToKeystone(this.#options);
    } finally {
      this.#login = null;
    }
  }
}
