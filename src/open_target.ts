/** A target's Jenkins over the network, with connections of its own. */
import type { Send } from "./http/send.ts";
import { createUndiciSend } from "./http/undici_send.ts";
import { environmentProxies } from "./config/environment_proxies.ts";
import type { TargetConfig } from "./domain/config.ts";
import { systemClock } from "./lib/clock.ts";
import { JenkinsTarget } from "./targets/jenkins/jenkins_target.ts";
import type { Target } from "./targets/target.ts";

const PUBLIC_TLS = { verify: true, caCert: null, clientCert: null, clientKey: null } as const;
const TRUST_ADVICE = "add its CA to the system's, or set NODE_EXTRA_CA_CERTS to the file of that CA";
const CONNECTIONS = 4;

/** Sends nothing yet; disposing of it closes its connections. null: nodes of this target are only used from here. */
export function openTarget(
  { name, rate, jenkins }: TargetConfig,
  through: (send: Send) => Send = (send) => send,
): Target | null {
  if (jenkins === null || jenkins.url === null) return null;
  const { rules: proxy } = environmentProxies((name) => Deno.env.get(name));
  const send = createUndiciSend({
    ...PUBLIC_TLS,
    proxy,
    connections: CONNECTIONS,
    trustAdvice: TRUST_ADVICE,
  });
  const target = new JenkinsTarget({
    ...jenkins,
    url: jenkins.url,
    name,
    rate,
    send: through(send),
    clock: systemClock,
  });
  const close = target[Symbol.asyncDispose].bind(target);
  return Object.assign(target, {
    async [Symbol.asyncDispose]() {
      await close();
      await send[Symbol.asyncDispose]();
    },
  });
}
