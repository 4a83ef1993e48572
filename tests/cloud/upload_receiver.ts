/**
 * A server that uploads are sent to, for tests: a program of its own, so that it has no part in the sender's memory
 * and timing. It prints its port. What it does stands in the address:
 *
 * - `/whole`: reads all of the body, then answers with its length and SHA-256
 * - `/v2/images/i1/file`: as Glance: reads all of it, then answers 204
 * - `/refuse?after=BYTES&end=END`: reads so much of the body and refuses it with 413; then it closes at once, with the
 *   rest unread (`close`), or after half of the answer waits for a step and closes then (`halves`), or neither reads nor
 *   closes (`stay`). With `silent` it closes without an answer
 * - `/steps`: reads a MiB of the body for each step
 * - `/step`: a step, answered with how many bytes were read by steps until then
 */
import { createHash } from "node:crypto";
import { SELF_SIGNED } from "../http/self_signed.ts";

const MIB = 2 ** 20;
const PAGE =
  "<html><title>413</title><h1>413 Request Entity Too Large</h1>Image storage quota exceeded</html>";

const steps = { left: 0, wake: () => {}, bytes: 0 };

async function waitForStep(): Promise<void> {
  while (steps.left === 0) await new Promise<void>((resolve) => steps.wake = resolve);
  steps.left--;
}

/** One request on a connection: its head, and its body as far as it is wanted. */
class Exchange {
  readonly #conn: Deno.Conn;
  readonly #buffer = new Uint8Array(MIB);
  /** Of the body, read with the head. */
  #rest: Uint8Array | null = null;
  #length = 0;
  url = new URL("http://receiver");

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  async readHead(): Promise<void> {
    let head = "";
    while (!head.includes("\r\n\r\n")) head += latin1(await this.#receive());
    const end = head.indexOf("\r\n\r\n") + 4;
    this.url = new URL(head.split(" ")[1]!, this.url);
    this.#length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    this.#rest = Uint8Array.from(head.slice(end), (character) => character.charCodeAt(0));
  }

  /** Reads on until so many bytes or the whole body. */
  async read(bytes: number, see: (part: Uint8Array) => void = () => {}): Promise<void> {
    for (let read = 0; read < bytes && this.#length > 0;) {
      const part = this.#rest ?? await this.#receive();
      this.#rest = null;
      this.#length -= part.length;
      read += part.length;
      see(part);
    }
  }

  async write(text: string): Promise<void> {
    await this.#conn.write(new TextEncoder().encode(text));
  }

  async answer(text: string): Promise<void> {
    await this.write(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
  }

  async #receive(): Promise<Uint8Array> {
    const count = await this.#conn.read(this.#buffer);
    if (count === null) throw new Error("closed");
    return this.#buffer.subarray(0, count);
  }
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

async function respond(exchange: Exchange): Promise<void> {
  switch (exchange.url.pathname) {
    case "/whole":
      return await takeWhole(exchange);
    case "/v2/images/i1/file":
      await exchange.read(Infinity);
      return await exchange.write("HTTP/1.1 204 No Content\r\n\r\n");
    case "/refuse":
      return await refuse(exchange);
    case "/steps":
      return await readBySteps(exchange);
    case "/step":
      steps.left++;
      steps.wake();
      return await exchange.answer(String(steps.bytes));
  }
}

async function takeWhole(exchange: Exchange): Promise<void> {
  const hash = createHash("sha256");
  let length = 0;
  await exchange.read(Infinity, (part) => {
    length += part.length;
    hash.update(part);
  });
  await exchange.answer(`${length} ${hash.digest("hex")}`);
}

async function refuse(exchange: Exchange): Promise<void> {
  const { searchParams: query } = exchange.url;
  const end = query.get("end");
  await exchange.read(Number(query.get("after")));
  if (end === "silent") return;
  await exchange.write(
    `HTTP/1.1 413 Too Large\r\ncontent-length: ${PAGE.length}\r\n\r\n${PAGE.slice(0, 20)}`,
  );
  if (end === "halves") await waitForStep();
  await exchange.write(PAGE.slice(20));
  if (end === "stay") await new Promise(() => {});
}

async function readBySteps(exchange: Exchange): Promise<never> {
  for (;;) {
    await waitForStep();
    await exchange.read(MIB, (part) => steps.bytes += part.length);
  }
}

const address = { hostname: "127.0.0.1", port: 0 };
const listener = Deno.args.includes("--tls")
  ? Deno.listenTls({ ...address, ...SELF_SIGNED })
  : Deno.listen(address);
console.log((listener.addr as Deno.NetAddr).port);
for await (const conn of listener) {
  const exchange = new Exchange(conn);
  exchange.readHead().then(() => respond(exchange)).catch(() => {}).finally(() => conn.close());
}
