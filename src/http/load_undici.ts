/**
 * Has undici load what it loads late, its parser: a daemon whose program is removed or replaced while it runs must have
 * it by then. The daemon calls it at its start, with the one address that answers for sure, its own.
 */
import { Agent, request } from "undici";

/** @param socketPath of an HTTP server that listens; what it answers is of no interest */
export async function loadUndici(socketPath: string): Promise<void> {
  const agent = new Agent({ connect: { socketPath } });
  try {
    const { body } = await request("http://localhost/", { dispatcher: agent });
    await body.dump();
  } finally {
    await agent.close();
  }
}
