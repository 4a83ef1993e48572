/**
 * Whether another daemon of the same pool runs on this machine, as its control socket tells. One that begins asks
 * before it takes anything: a second one would get in the way of the first, and could not replace it if the machine
 * failed.
 */
import { OtherDaemonError } from "../cli/cli_error.ts";
import { connectionKind, controlSocketPath, controlSocketPaths } from "../control/socket_path.ts";
import { etcdPoolOf } from "../domain/etcd_address.ts";
import { seeManual } from "../domain/see_manual.ts";
import { systemClock } from "../lib/clock.ts";

/** A process that is being killed has its lock and its socket for less than this. */
export const LEAVING_TIME = 2_000;

/** Between two looks at a socket. */
const LOOK = 50;

/** @throws OtherDaemonError where a daemon listens there for good. @param message for people */
export async function checkAlone(socketPath: string, message: string): Promise<void> {
  const deadline = systemClock.monotonic() + LEAVING_TIME;
  // A socket that cannot be reached is reported when ours is made.
  while (await connectionKind(socketPath).catch(() => null) === "listening") {
    if (systemClock.monotonic() >= deadline) throw new OtherDaemonError(message);
    await systemClock.sleep(LOOK);
  }
}

/** Of a pool in etcd. @throws OtherDaemonError */
export async function checkAloneHere(state: string): Promise<void> {
  const path = controlSocketPath(state);
  await checkAlone(path, alreadyHere(state, path));
}

/** The error to throw in place of that of a door that could not be opened: another user's daemon may have its address. */
export async function whoseAddress(
  error: unknown,
  state: string,
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Promise<unknown> {
  if (!(error instanceof Error && error.cause instanceof Deno.errors.AddrInUse)) return error;
  for (const path of controlSocketPaths(state, env)) {
    const kind = await connectionKind(path).catch(() => null);
    if (kind === "listening" || kind === "forbidden") {
      return new OtherDaemonError(alreadyHere(state, path), { cause: error });
    }
  }
  return error;
}

function alreadyHere(state: string, path: string): string {
  return `a daemon of the pool ${
    etcdPoolOf(state)
  } runs on this machine already and listens on ${path}: stop that one first, or start ` +
    `this one on another machine, as a standby; ${seeManual("state-in-use")}`;
}
