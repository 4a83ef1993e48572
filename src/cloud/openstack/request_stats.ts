/** The counts and measurements of one cloud's client; the transport feeds it, status and metrics read it. */
import type { Instant, Milliseconds } from "../../domain/time.ts";
import type { CloudError } from "../../domain/cloud_error.ts";
import type { CloudStats } from "../../domain/cloud_stats.ts";

/** The weight of the newest answer in the mean: about the last 20 count. */
const WEIGHT = 0.1;

export class RequestStats {
  #requests = 0;
  #errors = 0;
  #latency: Milliseconds | null = null;
  #lastError: CloudStats["lastError"] = null;

  sent(): void {
    this.#requests++;
  }

  answered(latency: Milliseconds): void {
    this.#latency = this.#latency === null ? latency : this.#latency + (latency - this.#latency) * WEIGHT;
  }

  failed(error: CloudError, at: Instant): void {
    this.#errors++;
    this.#lastError = { at, message: error.message };
  }

  snapshot(): Pick<CloudStats, "requests" | "errors" | "latency" | "lastError"> {
    return {
      requests: this.#requests,
      errors: this.#errors,
      latency: this.#latency,
      lastError: this.#lastError,
    };
  }
}
