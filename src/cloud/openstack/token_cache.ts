/**
 * The token in force: taken at the first call, renewed shortly before it ends and after a 401, with one login in
 * progress at a time however many calls wait for it. `session` calls it.
 */
import type { Clock } from "../../lib/clock.ts";
import { waitFor } from "../../lib/in_flight.ts";
import { orAborted } from "../../lib/or_aborted.ts";
import type { CloudAccess } from "../../domain/cloud_access.ts";
import type { Milliseconds } from "../../domain/time.ts";
import type { OddAnswers } from "./odd_answers.ts";
import { loginToKeystone, type Token } from "./keystone_login.ts";
import type { Transport } from "./transport.ts";

export class TokenCache {
  readonly #access: CloudAccess;
  readonly #transport: Transport;
  readonly #clock: Clock;
  /** Aborted with the cloud: a login is shared, so no single caller's signal may end it. */
  readonly #closing: AbortSignal;
  readonly #odd: OddAnswers;
  #token: Token | null = null;
  #login: Promise<Token> | null = null;

  constructor(
    options: {
      access: CloudAccess;
      transport: Transport;
      clock: Clock;
      closing: AbortSignal;
      odd: OddAnswers;
    },
  ) {
    this.#access = options.access;
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#closing = options.closing;
    this.#odd = options.odd;
  }

  /**
   * A token that is still good.
   * @param options `goodFor`: how much longer at least; as long as the cloud makes them, where that is shorter
   */
  async get(
    { signal, goodFor = 0 }: { signal: AbortSignal; goodFor?: Milliseconds },
  ): Promise<Token> {
    signal.throwIfAborted();
    if (this.#token !== null && this.#clock.monotonic() + goodFor < this.#token.renewAt) return this.#token;
    const login = this.#login ??= this.#startLogin();
    return await waitFor("a token from Keystone", () => orAborted(login, signal));
  }

  /** Forgets a token that a service refused; one that came later stays. */
  forget(refused: Token): void {
    if (this.#token === refused) this.#token = null;
  }

  async #startLogin(): Promise<Token> {
    try {
      return this.#token = await loginToKeystone(this.#access, {
        transport: this.#transport,
        clock: this.#clock,
        odd: this.#odd,
        signal: this.#closing,
      });
    } finally {
      this.#login = null;
    }
  }
}
