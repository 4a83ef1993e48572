/**
 * A machine's own way to the simulated clouds: an HTTP proxy that notes what passes, so that a test knows which machine
 * has asked for what. The simulator's catalog names whatever address it was asked at, so all of a client's requests
 * come this way.
 */
import { createServer, request as ask, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Instant } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";

interface Passage {
  /** By the monotonic clock. */
  readonly at: Instant;
  readonly method: string;
  readonly path: string;
}

/** Logins that wait to be let through. */
interface Hold {
  /** Resolves once one waits. */
  readonly first: PromiseWithResolvers<void>;
  readonly over: PromiseWithResolvers<void>;
}

export class CloudDoor implements AsyncDisposable {
  readonly baseUrl: string;
  readonly #passages: Passage[];
  readonly #server: Server;
  #hold: Hold | null = null;

  static async open(simulator: string): Promise<CloudDoor> {
    const passages: Passage[] = [];
    let door: CloudDoor | null = null;
    const server = createServer(async (request, answer) => {
      const { method = "GET", url = "/", headers } = request;
      passages.push({ at: systemClock.monotonic(), method, path: url });
      if (url.endsWith("/auth/tokens")) await door?.pass();
      const onward = ask(`${simulator}${url}`, { method, headers }, (answered) => {
        // The client may be gone by now: killed, for one.
        if (answer.destroyed) return void answered.destroy();
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.once("error", () => answer.destroy());
        answered.pipe(answer);
      });
      onward.once("error", () => answer.destroy());
      answer.once("close", () => onward.destroy());
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return door = new CloudDoor(server, passages);
  }

  private constructor(server: Server, passages: Passage[]) {
    this.#server = server;
    this.#passages = passages;
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** What changed something, or was to; asking for a token changes nothing. */
  effects({ since }: { since: Instant }): readonly Passage[] {
    return this.#passages.filter(({ at, method, path }) =>
      at >= since && method !== "GET" && method !== "HEAD" && !path.includes("/identity/")
    );
  }

  /** Lets no login through from now on. @returns once one waits: the function that lets them through */
  async holdLogin(): Promise<() => void> {
    const { first, over } = this.#hold = { first: Promise.withResolvers(), over: Promise.withResolvers() };
    await first.promise;
    return () => {
      this.#hold = null;
      over.resolve();
    };
  }

  /** A login's wait. */
  private async pass(): Promise<void> {
    this.#hold?.first.resolve();
    await this.#hold?.over.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
