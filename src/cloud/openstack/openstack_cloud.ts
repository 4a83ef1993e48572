/**
 * The `Cloud` port on an OpenStack: puts transport, session and services together. The composition root makes
 * one for each provider, over undici or over a simulator in the same process.
 */
import type { CloudAccess } from "../../domain/cloud_access.ts";
import type { Quota } from "../../domain/server.ts";
import type { Milliseconds } from "../../domain/time.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { RateLimiter } from "../../lib/rate_limiter.ts";
import type { Call, CloudStats, WholeCloud } from "../cloud.ts";
import { isRefusal } from "../is_refusal.ts";
import type { Send } from "../send.ts";
import { createCompute, getComputeLimits } from "./compute.ts";
import { createImageService } from "./image.ts";
import { createNetworkService, getNetworkQuotas } from "./network.ts";
import { createServers } from "./servers.ts";
import type { ServiceOptions } from "./service_options.ts";
import { Session } from "./session.ts";
import { createSnapshots } from "./snapshot.ts";
import { Transport, type TransportOptions } from "./transport.ts";
import type { Turn } from "./turn.ts";

export interface OpenStackCloudOptions {
  /** The provider's name, for messages. */
  readonly name: string;
  readonly access: CloudAccess;
  /** Not closed with the cloud: whoever made it disposes of it. */
  readonly send: Send;
  readonly clock: Clock;
  readonly random: Random;
  /** For one request, from its start to the end of its answer; the data of an image takes as long as it moves. */
  readonly apiTimeout: Milliseconds;
  /** From the start of one request to the start of the next; 0: no limit. */
  readonly rate: Milliseconds;
  /** Requests in flight at once, besides data of images; null or left out: 16. */
  readonly maxConcurrency?: number | null;
  readonly onAnswer?: TransportOptions["onAnswer"];
  readonly connections?: TransportOptions["connections"];
  readonly certificates?: TransportOptions["certificates"];
  /** Items in one page of a listing; clouds give 1000 at most. */
  readonly pageSize?: number;
}

/** Requests in flight at once, where the configuration does not say. */
export const DEFAULT_CONCURRENCY = 16;
const DEFAULT_PAGE_SIZE = 1000;

/** Sends nothing yet: the first call logs in. */
export function createOpenStackCloud(options: OpenStackCloudOptions): WholeCloud {
  const { access, clock, pageSize = DEFAULT_PAGE_SIZE } = options;
  const limiter = new RateLimiter<Turn>({
    ...options,
    maxConcurrency: options.maxConcurrency ?? DEFAULT_CONCURRENCY,
  });
  const transport = new Transport({ ...options, limiter });
  const closing = new AbortController();
  const session = new Session({ access, transport, clock, closing: closing.signal });
  const services: ServiceOptions = { session, clock, pageSize };
  return {
    ...createServers(services),
    ...createCompute(services),
    ...createNetworkService(services),
    ...createImageService(services),
    ...createSnapshots(services),
    logIn: (call) => session.logIn(call),
    getQuota: (call) => getQuota(services, call),
    get stats(): CloudStats {
      return transport.stats;
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new DOMException("closed", "AbortError"));
      await transport[Symbol.asyncDispose]();
    },
  };
}

async function getQuota(
  services: ServiceOptions,
  { signal, network }: Call & { network: boolean },
): Promise<Quota> {
  const takenAt = services.clock.now();
  const untold: string[] = [];
  const [limits, networkQuotas] = await Promise.all([
    unlessRefused(getComputeLimits(services.session, { signal }), untold),
    network ? unlessRefused(getNetworkQuotas(services, { signal }), untold) : null,
  ]);
  return { takenAt, untold, ...NOTHING_TOLD, ...limits, ...networkQuotas };
}

const NOTHING_TOLD = { instances: null, cores: null, ramMib: null, floatingIps: null, ports: null };

/** Many a policy keeps limits from a project's members, and a launch does not need them. */
async function unlessRefused<Told>(asked: Promise<Told>, untold: string[]): Promise<Told | null> {
  try {
    return await asked;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    untold.push(error.message);
    return null;
  }
}
