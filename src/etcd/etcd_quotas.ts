/**
 * How large the database of each member of etcd may become. Its status does not say; its metrics do, which are long: so
 * they are read once an hour. The gateway's `status` tells it; nothing is decided by it.
 */
import type { Send } from "../http/send.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { HOUR, SECOND } from "../domain/time.ts";

/** For one answer. */
const TIMEOUT = 1.5 * SECOND;

interface EtcdQuotasOptions {
  readonly send: Send;
  readonly clock: Clock;
}

export class EtcdQuotas {
  readonly #options: EtcdQuotasOptions;
  readonly #known = new Map<string, { readonly quota: number | null; readonly readAt: number }>();

  constructor(options: EtcdQuotasOptions) {
    this.#options = options;
  }

  /** Bytes; null: it does not say. @throws the signal's reason */
  async of(endpoint: string, { signal }: Call): Promise<number | null> {
    const now = this.#options.clock.monotonic();
    const known = this.#known.get(endpoint);
    if (known !== undefined && now - known.readAt < HOUR) return known.quota;
    const quota = await this.#read(endpoint, { signal }).catch(() => null);
    signal.throwIfAborted();
    this.#known.set(endpoint, { quota, readAt: now });
    return quota;
  }

  async #read(endpoint: string, { signal }: Call): Promise<number | null> {
    const { send, clock } = this.#options;
    using deadline = startDeadline({ clock, timeout: TIMEOUT, signal });
    const { body } = await send({ method: "GET", url: `${endpoint}/metrics`, headers: {} }, deadline);
    const [, value] = new TextDecoder().decode(body).match(/^etcd_server_quota_backend_bytes (\S+)$/m) ?? [];
    return Number(value) > 0 ? Number(value) : null;
  }
}
