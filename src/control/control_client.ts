/**
 * The commands' side of the control operations, loaded by those that talk to a pool: over the socket of this machine, or
 * over another wire to the daemon.
 */
import type { Call } from "../lib/call.ts";
import { errorChain } from "../lib/error_chain.ts";
import { orAborted } from "../lib/or_aborted.ts";
import { connectionKind, ControlSocketError } from "./socket_path.ts";
import { ControlError, NoAnswerError } from "./control_error.ts";
import {
  blameVersion,
  type Greeting,
  greetingSchema,
  misfit,
  PROTOCOL,
  PROTOCOL_HEADER,
  SILENT_GREETING,
} from "./greeting.ts";
import { type Operation, stream } from "./operation.ts";
import type { OperationName } from "./operations.ts";
import { completionOperations, listOperations } from "./operations/list_operations.ts";
import type { PoolClient } from "./pool_client.ts";
import { type SilenceWatch, watchSilence } from "./watch_silence.ts";
import { whatIsWrong } from "./what_is_wrong.ts";

/**
 * The daemon's pool; null when no daemon listens on the socket.
 * @param watch left out: silence is not noticed
 * @throws ControlSocketError when the socket cannot be opened, so that nobody knows whether a daemon listens
 */
export async function connectControl(
  socketPath: string,
  watch: SilenceWatch | null = null,
): Promise<RemotePool | null> {
  const kind = await connectionKind(socketPath).catch((cause) => {
    throw new ControlSocketError(`cannot open the daemon's socket ${socketPath}`, { cause });
  });
  if (kind === "forbidden") {
    throw new ControlSocketError(
      `cannot open the daemon's socket ${socketPath}: permission denied; run this as the daemon's user or as root`,
    );
  }
  return kind === "listening" ? new RemotePool(socketWire(socketPath), watch) : null;
}

/** The way of requests to a daemon. */
export interface ControlWire extends AsyncDisposable {
  /** Where that is, for people. */
  readonly place: string;
  send(call: WireCall, options: { readonly signal?: AbortSignal }): Promise<Response>;
}

interface WireCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Deno's own fetch: an HTTP package would cost more at start than all the rest of a command. */
function socketWire(path: string): ControlWire {
  const client = socketClient(path);
  return {
    place: path,
    send: ({ path, ...call }, options) =>
      fetch(`${ANYWHERE}${path}`, { ...call, ...options, client }).catch((error) => {
        throw new Error(errorChain(error).replace(FETCHING, ""));
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(client.close()),
  };
}

/** Deno reads the system's certificates even for a socket, which needs none, and fails where the variable names no file. */
function socketClient(path: string): Deno.HttpClient {
  const options = { proxy: { transport: "unix", path } } as const;
  try {
    return Deno.createHttpClient(options);
  } catch {
    Deno.env.delete("SSL_CERT_FILE");
    return Deno.createHttpClient(options);
  }
}

/** The part of Deno's message that names the address, which is not the socket's, and its own parts. */
const FETCHING = /^.* for url \(.*?\): (?:client error \(\w+\): )?/;

/** Disposing of it disposes of the wire. */
export class RemotePool implements PoolClient {
  readonly hasDaemon = true;
  readonly #wire: ControlWire;
  readonly #watch: SilenceWatch | null;
  #greeting: Promise<Greeting> | null = null;

  /** @param watch null: silence is not noticed */
  constructor(wire: ControlWire, watch: SilenceWatch | null = null) {
    this.#wire = wire;
    this.#watch = watch;
  }

  /** A command that only looks asks at once, and for the greeting where the answer does not fit. */
  readonly ask: PoolClient["ask"] = async (name, request, { signal } = {}) => {
    const options = { signal };
    const operation = await descriptorOf(name);
    const call = callOf(operation, request);
    if (call.method !== "GET") await this.#checkFit(name, { ...options, request });
    if (operation.answer === stream) return await this.#follow(name, { ...options, call }) as never;
    const { status, text } = await this.#send(call, options);
    if (status === 404) await this.#checkFit(name, options);
    if (status >= 400) throw failureOf(status, text);
    const answer = parsed(text);
    const { problems } = whatIsWrong(operation.answer, answer);
    if (problems !== null) throw await this.#misfit(name, problems, options);
    return answer as never;
  };

  /** @throws Error that says who is too old, where the daemon cannot be asked for it */
  async #checkFit(
    name: OperationName,
    { request, ...options }: Partial<Call> & { readonly request?: object },
  ): Promise<void> {
    const problem = misfit(await this.greet(options), name, request);
    if (problem !== null) throw new Error(problem);
  }

  async #misfit(name: OperationName, problems: string, options: Partial<Call>): Promise<Error> {
    const greeting = await this.greet(options);
    const problem = misfit(greeting, name) ?? blameVersion(greeting);
    const blame = problem === null ? "" : `; ${problem}`;
    return new Error(`the daemon sent an invalid response to ${name}: ${problems}${blame}`);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#wire[Symbol.asyncDispose]();
  }

  /**
   * Finds out whether a daemon answers, once for each connection; again where it failed.
   * @throws NoAnswerError, ControlError, the signal's reason
   */
  greet(options: Partial<Call>): Promise<Greeting> {
    return this.#greeting ??= this.#askGreeting(options).catch((error) => {
      this.#greeting = null;
      throw error;
    });
  }

  async #askGreeting(options: Partial<Call>): Promise<Greeting> {
    const { status, text } = await this.#send({ method: "GET", path: "/" }, options);
    if (status === 404) return SILENT_GREETING;
    if (status >= 400) throw failureOf(status, text);
    const greeting = parsed(text);
    const { problems } = whatIsWrong(greetingSchema, greeting);
    if (problems === null) return greeting as Greeting;
    const { place } = this.#wire;
    throw new Error(
      `the daemon at ${place} sent an invalid greeting: ${problems}; check that nothing else listens there`,
    );
  }

  /** With its whole body: a daemon may be stopped in the middle of it. */
  #send(call: BareCall, options: Partial<Call>): Promise<{ status: number; text: string }> {
    return this.#reaching(options, async (options) => {
      const response = await this.#fetch(call, options);
      return { status: response.status, text: await response.text() };
    });
  }

  /** A body that comes as it is made. */
  async #follow(
    name: OperationName,
    { call, ...options }: Partial<Call> & { readonly call: BareCall },
  ): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#reaching(options, (options) => this.#fetch(call, options));
    if (response.ok && response.body !== null) {
      return ReadableStream.from(this.#pieces(response.body, options));
    }
    const text = await response.text();
    if (response.status === 404) await this.#checkFit(name, options);
    throw failureOf(response.status, text);
  }

  /** Whose end comes before that of the stream gives no answer, as everywhere. */
  async *#pieces(body: ReadableStream<Uint8Array>, { signal }: Partial<Call>): AsyncGenerator<Uint8Array> {
    const reader = body.getReader();
    try {
      for (;;) {
        // Deno's fetch may forget its signal once the answer has begun.
        const read = reader.read();
        const { done, value } = await (signal === undefined ? read : orAborted(read, signal));
        if (done) return;
        yield value;
      }
    } catch (cause) {
      signal?.throwIfAborted();
      throw new NoAnswerError(this.#wire.place, { cause });
    } finally {
      void reader.cancel().catch(() => {});
    }
  }

  #fetch({ method, path, body }: BareCall, { signal }: Partial<Call>): Promise<Response> {
    const headers = {
      [PROTOCOL_HEADER]: String(PROTOCOL),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    return this.#wire.send({ method, path, headers, body }, { signal });
  }

  /** @throws SilentDaemonError for a daemon that hangs */
  async #reaching<Answer>(
    { signal }: Partial<Call>,
    ask: (options: Partial<Call>) => Promise<Answer>,
  ): Promise<Answer> {
    const hung = new AbortController();
    using watching = this.#watchSilence((error) => hung.abort(error));
    try {
      const signals = [signal, watching && hung.signal].flatMap((each) => each ?? []);
      return await ask({ signal: AbortSignal.any(signals) });
    } catch (cause) {
      signal?.throwIfAborted();
      hung.signal.throwIfAborted();
      throw new NoAnswerError(this.#wire.place, { cause });
    }
  }

  /** Until it is disposed of. */
  #watchSilence(onHung: (error: Error) => void): Disposable | null {
    if (this.#watch === null) return null;
    const over = new AbortController();
    void watchSilence(this.#wire, { ...this.#watch, signal: over.signal }).then((error) => {
      if (error !== null) onHung(error);
    });
    return { [Symbol.dispose]: () => over.abort(null) };
  }
}

/** A command that only wants a list, or completes a word, need not load the whole table. */
async function descriptorOf(name: OperationName): Promise<Operation> {
  const quick: Partial<Record<OperationName, Operation>> = { ...listOperations, ...completionOperations };
  return quick[name] ?? (await import("./operations.ts")).operations[name];
}

/**
 * A socket needs no host. Deno looks up what is named all the same, so it is an address: no name server is asked. It goes
 * past the socket where `no_proxy` has the host, so the address is one for examples, which no machine has.
 */
const ANYWHERE = "http://192.0.2.1";

/** Of the client; the way adds its headers. */
type BareCall = Omit<WireCall, "headers">;

/** The parts of a request that the path does not name go in the query, with POST in the body. */
function callOf({ route }: Operation, request: object): BareCall {
  const [method, pattern] = route.split(" ") as [string, string];
  const rest = new Map(Object.entries(request).filter(([, value]) => value !== undefined));
  const path = pattern.replaceAll(/:(\w+)/g, (_, key) => {
    const value = rest.get(key);
    rest.delete(key);
    return encodeURIComponent(String(value));
  });
  if (method === "POST") {
    return { method, path, ...(rest.size > 0 && { body: JSON.stringify(Object.fromEntries(rest)) }) };
  }
  const query = new URLSearchParams(
    [...rest].flatMap(([key, value]) => value === null ? [] : [[key, String(value)]]),
  );
  return { method, path: query.size > 0 ? `${path}?${query}` : path };
}

/** undefined: it is empty; the text itself, where it is not JSON. */
function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function failureOf(status: number, text: string): Error {
  const answer = parsed(text) as { error?: unknown; status?: unknown } | null | undefined;
  if (typeof answer?.error !== "string") {
    return new Error(`the daemon sent an invalid response (${status}): ${text.slice(0, 200)}`);
  }
  if (CONTROL_STATUSES.has(answer.status)) {
    return new ControlError(answer.status as ControlError["status"], answer.error);
  }
  if (status === 401) {
    return new Error(`the daemon refuses this command: ${answer.error}; restart that daemon`);
  }
  return new Error(`the daemon failed: ${answer.error}; its log says more`);
}

const CONTROL_STATUSES: ReadonlySet<unknown> = new Set([400, 404, 409, 410, 423, 503, 507]);
