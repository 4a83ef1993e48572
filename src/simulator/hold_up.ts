/**
 * Faults of servers and images that last as long as their rule is in force: each of these changes the plan of one and
 * puts it right again at the rule's end, as far as nothing else has changed it since. The fault catalogue uses them.
 */
import type { Instant } from "../domain/time.ts";
import type { CloudState } from "./cloud_state.ts";
import type { Blow } from "./fault.ts";
import type { SimulatedServer, SshBehaviour } from "./simulated_server.ts";

/** When something that was put off for ever comes about after all: as it was planned, now if that is over. */
function resumed(planned: Instant, now: Instant): Instant {
  return planned === Infinity ? now : Math.max(planned, now);
}

/** Puts off an instant for as long as the rule is in force. */
export function putOff<Key extends string>(blow: Blow, thing: Record<Key, Instant>, key: Key): void {
  const planned = thing[key];
  thing[key] = Infinity;
  blow.atEnd((now) => {
    if (thing[key] === Infinity) thing[key] = resumed(planned, now);
  });
}

/** Changes how a server's SSH behaves for as long as the rule is in force. */
export function behave(blow: Blow, server: SimulatedServer, ssh: SshBehaviour): void {
  server.ssh = ssh;
  blow.atEnd(() => server.ssh = "open");
}

/** Lets a server end, unless the rule is over before that. */
export function vanish(
  blow: Blow,
  server: SimulatedServer,
  { cloud, at }: { cloud: CloudState; at: Instant },
): void {
  const planned = server.goneAt;
  if (at >= planned) return;
  server.traceless = blow.rule.effect === false;
  cloud.endServer(server, at);
  blow.atEnd((now) => {
    if (server.goneAt !== at || at <= now) return;
    server.traceless = false;
    cloud.endServer(server, planned);
  });
}

/** Lets a deletion that was accepted not end. */
export function keep(blow: Blow, server: SimulatedServer, cloud: CloudState): void {
  const planned = server.goneAt;
  server.goneAt = Infinity;
  blow.atEnd((now) => {
    if (server.goneAt === Infinity) cloud.endServer(server, resumed(planned, now));
  });
}
