/** A connection on which a test says what no HTTP client would. */

export class RawClient implements Disposable {
  readonly #conn: Deno.Conn;
  #isClosed = false;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async connect(port: number): Promise<RawClient> {
    return new RawClient(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async send(text: string): Promise<void> {
    await this.#conn.write(new TextEncoder().encode(text));
  }

  /** Reads until what was read satisfies the condition, or the end: all that was read. */
  async readUntil(isEnough: (text: string) => boolean): Promise<string> {
    const bytes = new Uint8Array(65_536);
    const decoder = new TextDecoder();
    let text = "";
    while (!isEnough(text)) {
      const size = await this.#conn.read(bytes).catch(() => null);
      if (size === null) {
        this.#isClosed = true;
        break;
      }
      text += decoder.decode(bytes.subarray(0, size), { stream: true });
    }
    return text;
  }

  /** All until the server ends the connection. */
  readToEnd(): Promise<string> {
    return this.readUntil(() => this.#isClosed);
  }

  /** A GET of `/` on a connection that stays, and its answer. */
  async get(path = "/"): Promise<string> {
    await this.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    return await this.readUntil((text) => text.includes("\r\n\r\nhello"));
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}
