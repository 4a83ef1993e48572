/** A provider's cloud over the network, with connections of its own. */
import type { WholeCloud } from "./cloud/cloud.ts";
import {
  createOpenStackCloud,
  DEFAULT_CONCURRENCY,
  type OpenStackCloudOptions,
} from "./cloud/openstack/openstack_cloud.ts";
import type { Send } from "./http/send.ts";
import { createUndiciSend } from "./http/undici_send.ts";
import type { ProviderConfig } from "./domain/config.ts";
import { systemClock } from "./lib/clock.ts";
import { systemRandom } from "./lib/random.ts";

/** All that it sends goes `through` that. Sends nothing yet; disposing of it closes its connections. */
export function openCloud(
  provider: ProviderConfig,
  { clock = systemClock, onRequest, through = (send) => send }:
    & Partial<Pick<OpenStackCloudOptions, "clock" | "onRequest">>
    & { through?: (send: Send) => Send } = {},
): WholeCloud {
  const connections = provider.maxConcurrency ?? DEFAULT_CONCURRENCY;
  const send = createUndiciSend({ ...provider.access, connections });
  const cloud = createOpenStackCloud({
    ...provider,
    send: through(send),
    clock,
    random: systemRandom,
    onRequest,
    sockets: send,
  });
  const close = cloud[Symbol.asyncDispose].bind(cloud);
  return Object.assign(cloud, {
    async [Symbol.asyncDispose]() {
      await close();
      await send[Symbol.asyncDispose]();
    },
  });
}
