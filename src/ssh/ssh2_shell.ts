/**
 * The real Shell, over ssh2. A login holds one socket and one timer; both are gone when its promise settles, however it
 * ends. Only the composition root imports this; everything else sees the port.
 */
import { constants } from "node:os";
import { Socket } from "node:net";
import type { Algorithms, Client, ClientChannel, ParsedKey } from "ssh2";
import { type Clock, systemClock } from "../lib/clock.ts";
import { hostKeyPreference, hostKeyText } from "./host_key.ts";
import { closedEarly, failureOf, type LoginStage, outOfTime } from "./login_failure.ts";
import { OutputTail } from "./output_tail.ts";
import { releaseDecipher } from "./release_decipher.ts";
import { type CommandResult, LoginError, type LoginTarget, type Shell } from "./shell.ts";

/** ssh2 is loaded with the first login. */
export function createSsh2Shell({ clock = systemClock }: { clock?: Clock } = {}): Shell {
  return {
    async login(target, { command, timeout, signal }) {
      const { default: { Client, utils } } = await import("ssh2");
      signal.throwIfAborted();
      const privateKey = readPrivateKey(target, utils.parseKey);
      const attempt = new Attempt(target, { client: new Client(), privateKey });
      const over = new AbortController();
      const abort = () => attempt.fail(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      clock.sleep(timeout, { signal: over.signal }).then(() => attempt.timeOut(timeout), () => {});
      try {
        return await attempt.run(command);
      } finally {
        over.abort();
        signal.removeEventListener("abort", abort);
        await attempt.close();
      }
    },
  };
}

type LoginResult = CommandResult & { readonly hostKey: string };

/** Others than GCM leave their state behind in Deno, a little for each login; they serve where a server has no GCM. */
const ciphers: Algorithms["cipher"] = {
  prepend: ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"],
  append: [],
  remove: [],
};

/** One connection, from its socket to the command's result. The first failure is the one that counts. */
class Attempt {
  readonly #target: LoginTarget;
  readonly #client: Client;
  readonly #privateKey: string;
  readonly #where: string;
  readonly #socket = new Socket();
  readonly #closed = Promise.withResolvers<void>();
  readonly #result = Promise.withResolvers<LoginResult>();
  #stage: LoginStage = "connect";
  #hostKey = "";

  constructor(target: LoginTarget, { client, privateKey }: { client: Client; privateKey: string }) {
    this.#target = target;
    this.#client = client;
    this.#privateKey = privateKey;
    this.#where = placeOf(target);
    this.#socket.once("close", () => {
      releaseDecipher(client);
      this.#closed.resolve();
    });
  }

  run(command: string): Promise<LoginResult> {
    this.#socket.once("connect", () => this.#stage = "handshake");
    this.#client
      .on("error", (error) => this.fail(failureOf(error, this.#progress)))
      .on("close", () => this.fail(closedEarly(this.#progress)))
      .on("handshake", () => this.#stage = "auth")
      .on("ready", () => {
        this.#stage = "command";
        this.#execute(command);
      });
    this.#socket.setNoDelay(true);
    this.#socket.connect(this.#target.port, this.#target.address);
    this.#client.connect({
      sock: this.#socket,
      username: this.#target.username,
      privateKey: this.#privateKey,
      authHandler: ["publickey"],
      algorithms: { serverHostKey: hostKeyPreference(this.#target.hostKeys), cipher: ciphers },
      hostVerifier: (key: Uint8Array) => this.#accepts(hostKeyText(key)),
      readyTimeout: 0,
    });
    return this.#result.promise;
  }

  /** Ends the attempt; without effect once it has ended. */
  fail(reason: unknown): void {
    this.#result.reject(reason);
    this.#socket.destroy();
  }

  timeOut(timeout: number): void {
    this.fail(outOfTime(timeout, this.#progress));
  }

  /** Says goodbye where there is somebody to hear it; resolves when the socket is closed. */
  close(): Promise<void> {
    this.#client.end();
    if (this.#socket.connecting) this.#socket.destroy();
    else this.#socket.destroySoon();
    return this.#closed.promise;
  }

  get #progress(): { stage: LoginStage; where: string } {
    return { stage: this.#stage, where: this.#where };
  }

  #accepts(hostKey: string): boolean {
    this.#hostKey = hostKey;
    const { hostKeys } = this.#target;
    if (hostKeys.length === 0 || hostKeys.includes(hostKey)) return true;
    const shown = hostKey.split(" ")[0];
    this.fail(
      new LoginError(
        "hostKey",
        `${this.#where}: the server shows another ${shown} host key than the one recorded; it may be another server`,
      ),
    );
    return false;
  }

  #execute(command: string): void {
    this.#client.exec(command, (error, channel) => {
      if (error !== undefined) {
        return this.fail(
          new LoginError("command", `${this.#where}: the server ran no command: ${error.message}`, {
            cause: error,
          }),
        );
      }
      this.#collect(channel);
    });
  }

  #collect(channel: ClientChannel): void {
    const output = new OutputTail();
    let exitCode: number | null = null;
    channel.on("data", (chunk: Uint8Array) => output.add(chunk));
    channel.stderr.on("data", (chunk: Uint8Array) => output.add(chunk));
    channel.on("exit", (code: number | null, signal?: string) => exitCode = code ?? signalCode(signal));
    channel.on("close", () => {
      if (exitCode === null) return this.fail(closedEarly(this.#progress));
      this.#result.resolve({ exitCode, output: output.text(), hostKey: this.#hostKey });
    });
    // Nothing is ever sent: a command that reads its input must see the end of it.
    channel.end();
  }
}

/** A command that a signal ended has the code a shell would report. */
function signalCode(signal = ""): number {
  const name = signal.startsWith("SIG") ? signal : `SIG${signal}`;
  return 128 + (constants.signals[name as keyof typeof constants.signals] ?? 0);
}

type ParseKey = (data: string) => ParsedKey | ParsedKey[] | Error;

function readPrivateKey(target: LoginTarget, parseKey: ParseKey): string {
  const parsed = parseKey(target.privateKey);
  const key = Array.isArray(parsed) ? parsed[0]! : parsed;
  const problem = key instanceof Error ? keyProblem(key) : key.isPrivateKey() ? null : "is a public key";
  if (problem === null) return target.privateKey;
  throw new LoginError("auth", `${placeOf(target)}: the private key ${problem}`);
}

function keyProblem({ message }: Error): string {
  return /passphrase|encrypted/i.test(message)
    ? "is encrypted; use one without a passphrase"
    : `cannot be read (${message}); use one in OpenSSH or PEM form`;
}

function placeOf({ username, address, port }: LoginTarget): string {
  return `login as ${username} to ${address} port ${port}`;
}
