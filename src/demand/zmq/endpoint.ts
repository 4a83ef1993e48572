/** Where a publisher is to be found: `tcp://HOST:PORT`, as libzmq writes it. */
import type { Address } from "../wire.ts";

/** @throws Error for what is no such endpoint */
export function parseEndpoint(endpoint: string): Address {
  const [, ipv6, name, port] = endpoint.match(/^tcp:\/\/(?:\[([^\]\s]+)\]|([^\s:/[\]]+)):(\d{1,5})$/) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new Error(`cannot subscribe at ${endpoint}: give tcp://HOST:PORT`);
  }
  return { host, port: Number(port) };
}
