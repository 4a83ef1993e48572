/**
 * The service manager that has started this process, by systemd's protocol (sd_notify(3)): datagrams of lines to the
 * socket in NOTIFY_SOCKET. A process that none started has none. What cannot be sent is reported once, and ends nothing.
 */
import { errorChain } from "./error_chain.ts";
import { oneLine } from "./visible_text.ts";

export interface ServiceManager {
  /** Milliseconds, after which without a sign of life it starts the process again; null: it does not watch. */
  readonly watchdog: number | null;
  /** Sends fields such as `READY=1`, after those sent before. */
  tell(fields: Readonly<Record<string, string | number>>): void;
  /** A sign of life, where it waits for one. */
  tellAlive(): void;
  /** The process reads its configuration until the next `READY=1`. */
  tellReloading(): void;
}

/** @param onTrouble told once when it cannot be reached */
export function openServiceManager(
  { env, onTrouble }: { env: (name: string) => string | undefined; onTrouble: (message: string) => void },
): ServiceManager & Disposable | null {
  const name = env("NOTIFY_SOCKET");
  if (!name) return null;
  // An abstract address, as systemd writes it.
  const socket = name.replace(/^@/, "\0");
  const encoder = new TextEncoder();
  const watchdog = watchdogOf(env);
  let connection: Deno.DatagramConn | null = null;
  let sent = Promise.resolve();
  let isTroubled = false;
  const send = async (lines: string) => {
    try {
      connection ??= Deno.listenDatagram({ transport: "unixpacket", path: `\0nodepool-notify-${Deno.pid}` });
      await connection.send(encoder.encode(lines), { transport: "unixpacket", path: socket });
    } catch (error) {
      if (!isTroubled) onTrouble(`cannot notify the service manager at ${name}: ${errorChain(error)}`);
      isTroubled = true;
    }
  };
  const tell: ServiceManager["tell"] = (fields) => {
    const lines = Object.entries(fields).map(([field, value]) => `${field}=${oneLine(String(value))}`);
    sent = sent.then(() => send(lines.join("\n")));
  };
  return {
    watchdog,
    tell,
    tellAlive() {
      if (watchdog !== null) tell({ WATCHDOG: 1 });
    },
    // It compares this with its own clock, which must not be ahead: one second is what uptime rounds to.
    tellReloading: () => tell({ RELOADING: 1, MONOTONIC_USEC: (Deno.osUptime() + 1) * 1_000_000 }),
    [Symbol.dispose]: () => void sent.then(() => connection?.close()),
  };
}

/** Only the process that the variables name is watched, not what it starts. */
function watchdogOf(env: (name: string) => string | undefined): number | null {
  const microseconds = Number(env("WATCHDOG_USEC"));
  const pid = env("WATCHDOG_PID");
  return microseconds > 0 && (!pid || Number(pid) === Deno.pid) ? microseconds / 1_000 : null;
}
