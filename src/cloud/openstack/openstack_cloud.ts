/**
 * The `Cloud` port on an OpenStack: puts transport, session and services together. The composition root makes
 * one for each provider, over undici or over a simulator in the same process.
 */
import type { CloudAccess } from "../../domain/cloud_access.ts";
import type { Told } from "../../domain/server.ts";
import type { Milliseconds } from "../../domain/time.ts";
import type { Clock } from "../../lib/clock.ts";
import { RateLimiter } from "../../lib/rate_limiter.ts";
import type { WholeCloud } from "../cloud.ts";
import { isRefusal } from "../../domain/cloud_error.ts";
import { createCompute, getComputeLimits } from "./compute.ts";
import { createImageService } from "./image.ts";
import { createNetworkService, getNetworkQuotas } from "./network.ts";
import { createServers } from "./servers.ts";
import { type ServiceOptions, Session } from "./session.ts";
import { type RequestTurn, Transport, type TransportOptions } from "./transport.ts";

/** `send` is not closed with the cloud: the caller that made it disposes of it. */
export interface OpenStackCloudOptions extends Omit<TransportOptions, "limiter"> {
  readonly access: CloudAccess;
  /** From the start of one request to the start of the next; 0: no limit. */
  readonly rate: Milliseconds;
  /** Requests in flight at once, besides data of images; null or left out: as many as are sensible. */
  readonly maxConcurrency?: number | null;
  /** Items in one page of a listing; clouds give 1000 at most. */
  readonly pageSize?: number;
}

/** Requests in flight at once, where the configuration does not say: to the cloud, and of those to one of its services. */
export const DEFAULT_CONCURRENCY = 24;
const SERVICE_CONCURRENCY = 16;
const DEFAULT_PAGE_SIZE = 1000;

/** Sends nothing yet: the first call logs in. */
export function createOpenStackCloud(options: OpenStackCloudOptions): WholeCloud {
  const { access, clock, pageSize = DEFAULT_PAGE_SIZE } = options;
  const most = options.maxConcurrency ?? null;
  const limiter = new RateLimiter<RequestTurn>({
    ...options,
    maxConcurrency: most ?? DEFAULT_CONCURRENCY,
    partConcurrency: most === null ? SERVICE_CONCURRENCY : Math.max(1, most - 1),
  });
  const transport = new Transport({ ...options, limiter });
  const session = new Session({ access, transport, clock });
  const services: ServiceOptions = { session, clock, pageSize };
  return {
    ...createServers(services),
    ...createCompute(services),
    ...createNetworkService(services),
    ...createImageService(services),
    logIn: (call) => session.logIn(call),
    getQuota: (call) => told(NO_COMPUTE_QUOTA, () => getComputeLimits(session, call), clock),
    getNetworkQuota: (call) => told(NO_NETWORK_QUOTA, () => getNetworkQuotas(services, call), clock),
    get stats() {
      return transport.stats;
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

const NO_COMPUTE_QUOTA = { instances: null, cores: null, ramMib: null };
const NO_NETWORK_QUOTA = { floatingIps: null, ports: null };

/** Many a policy keeps limits from a project's members, and a launch does not need them. */
async function told<Limits extends object>(
  nothing: Limits,
  ask: () => Promise<Limits>,
  clock: Clock,
): Promise<Limits & Told> {
  const takenAt = clock.now();
  try {
    return { takenAt, untold: [], ...await ask() };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { takenAt, untold: [error.message], ...nothing };
  }
}
