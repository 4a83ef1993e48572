/** Addresses to listen on, on the command line. */
import { InvalidArgumentError } from "@commander-js/extra-typings";

interface ListenAddress {
  readonly hostname: string;
  readonly port: number;
}

/** `127.0.0.1:5000`, `[::1]:5000`, `5000` on loopback. */
export function listenArgument(text: string): ListenAddress {
  const match = text.match(/^(?:(?:\[([^\]]+)\]|([^:\s]+)):)?(\d{1,5})$/);
  if (match === null) throw new InvalidArgumentError("Expected ADDRESS:PORT, such as 127.0.0.1:5000.");
  return { hostname: match[1] ?? match[2] ?? "127.0.0.1", port: portArgument(match[3]!) };
}

/** Of servers that answer already. */
export function sshPortArgument(text: string): number {
  const port = portArgument(text);
  if (port > 0) return port;
  throw new InvalidArgumentError("A port is a number from 1 to 65535.");
}

export function portArgument(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError("A port is a number up to 65535.");
  }
  return Number(text);
}
