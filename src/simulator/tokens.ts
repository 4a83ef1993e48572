/** The tokens that a simulated Keystone has given out. A token past its end is as unknown as one never given. */
import type { Instant } from "../domain/time.ts";
import type { Random } from "../lib/random.ts";

export interface SimulatedToken {
  readonly id: string;
  readonly methods: readonly string[];
  readonly issuedAt: Instant;
  /** The expiry in its answer. */
  readonly statedExpiry: Instant;
  /** When it really ends. */
  readonly expiresAt: Instant;
  /** Whether it is for the project; else it can only be exchanged for one that is. */
  readonly scoped: boolean;
  readonly auditId: string;
}

export class Tokens {
  readonly #tokens = new Map<string, SimulatedToken>();

  issue(token: Omit<SimulatedToken, "id" | "auditId">, random: Random): SimulatedToken {
    const id = `gAAAAAB${random.uuid()}${random.uuid()}`.replaceAll("-", "");
    const issued: SimulatedToken = { id, auditId: random.uuid().replaceAll("-", "").slice(0, 22), ...token };
    this.#forgetExpired(token.issuedAt);
    this.#tokens.set(issued.id, issued);
    return issued;
  }

  find(id: string | null, now: Instant): SimulatedToken | null {
    const token = id === null ? undefined : this.#tokens.get(id);
    return token !== undefined && now < token.expiresAt ? token : null;
  }

  revoke(id: string): void {
    this.#tokens.delete(id);
  }

  /** Ends every token at once, as a Keystone with new signing keys does. */
  revokeAll(): void {
    this.#tokens.clear();
  }

  #forgetExpired(now: Instant): void {
    for (const [id, token] of this.#tokens) {
      if (token.expiresAt > now) return;
      this.#tokens.delete(id);
    }
  }
}
