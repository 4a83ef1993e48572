/** A bare client of a simulator, for tests: logged in, JSON in and out, over any `Send`. */
import assert from "node:assert/strict";
import type { Send, SendRequest } from "../../src/http/send.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { createSimulator, type Simulator } from "../../src/simulator/simulator.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

type Method = SendRequest["method"];

export class SimulatedClient {
  token = "";
  readonly #send: Send;
  readonly #base: string;

  constructor(send: Send, base: string) {
    this.#send = send;
    this.#base = base;
  }

  /** A client with a token of the cloud, in-process. */
  static async login(
    simulator: Simulator,
    cloud = simulator.cloud().settings.name,
  ): Promise<SimulatedClient> {
    const client = new SimulatedClient(simulator.send, `http://simulator.test/${cloud}`);
    const answer = await client.authenticate({});
    assert.equal(answer.status, 201);
    return client;
  }

  /** Asks for a token by password, scoped to the project, and keeps it. */
  async authenticate({ username = "nodepool", password = "nodepool" }): Promise<Answer> {
    const domain = { name: "Default" };
    const user = { name: username, domain, password };
    const answer = await this.call("POST", "/identity/v3/auth/tokens", {
      auth: {
        identity: { methods: ["password"], password: { user } },
        scope: { project: { name: "nodepool", domain } },
      },
    });
    if (answer.status === 201) this.token = answer.headers["x-subject-token"]!;
    return answer;
  }

  async call(
    method: Method,
    path: string,
    body?: unknown,
    { headers = {}, signal = new AbortController().signal }: {
      headers?: Record<string, string>;
      signal?: AbortSignal;
    } = {},
  ): Promise<Answer> {
    const response = await this.#send({
      method,
      url: path.startsWith("http") ? path : this.#base + path,
      headers: {
        "x-auth-token": this.token,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }, { signal });
    return { status: response.status, headers: response.headers, json: parsed(response.body) };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call("GET", path, undefined, { headers });
  }

  /** Boots a server of the smallest flavor; further fields of the request override. */
  async boot(name: string, fields: Record<string, unknown> = {}): Promise<Answer> {
    const { json: flavors } = await this.get("/compute/v2.1/flavors");
    const { json: images } = await this.get("/image/v2/images?visibility=public");
    return await this.call("POST", "/compute/v2.1/servers", {
      server: { name, flavorRef: flavors.flavors[0].id, imageRef: images.images[0].id, ...fields },
    });
  }

  /** Boots a server and gives its id. */
  async booted(name: string, fields: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.boot(name, fields);
    assert.equal(answer.status, 202, JSON.stringify(answer.json));
    return answer.json.server.id;
  }

  /** Makes an image that waits for its data; further fields of the request override. */
  createImage(name: string, fields: Record<string, unknown> = {}): Promise<Answer> {
    const formats = { disk_format: "qcow2", container_format: "bare" };
    return this.call("POST", "/image/v2/images", { name, ...formats, ...fields });
  }

  /** Makes an image that waits for its data, and gives its id. */
  async createdImage(name: string, fields: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.createImage(name, fields);
    assert.equal(answer.status, 201, JSON.stringify(answer.json));
    return answer.json.id;
  }

  /** Sends an image's data; the signal calls it off. */
  async upload(
    id: string,
    data: Uint8Array | ReadableStream<Uint8Array>,
    { headers = {}, signal = new AbortController().signal }: {
      headers?: Record<string, string>;
      signal?: AbortSignal;
    } = {},
  ): Promise<Answer> {
    const response = await this.#send({
      method: "PUT",
      url: `${this.#base}/image/v2/images/${id}/file`,
      headers: { "x-auth-token": this.token, "content-type": "application/octet-stream", ...headers },
      body: data,
    }, { signal });
    return { status: response.status, headers: response.headers, json: parsed(response.body) };
  }

  // deno-lint-ignore no-explicit-any
  async image(id: string): Promise<any> {
    return (await this.get(`/image/v2/images/${id}`)).json;
  }

  // deno-lint-ignore no-explicit-any
  async server(id: string): Promise<any> {
    return (await this.get(`/compute/v2.1/servers/${id}`)).json.server;
  }

  /** Names in the listing, newest first. */
  async names(query = ""): Promise<string[]> {
    const { json } = await this.get(`/compute/v2.1/servers${query}`);
    return json.servers.map((server: { name: string }) => server.name);
  }
}

/** Text that is no JSON (Glance's errors, a fault's half answers) comes as it is. */
function parsed(body: Uint8Array): unknown {
  const text = new TextDecoder().decode(body);
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return text;
  }
}

/** A simulator in virtual time with one cloud, and a client of it. */
export async function virtualSimulator(
  cloud: NonNullable<SimulatorInput["clouds"]>[number] = {},
  rest: Omit<SimulatorInput, "clouds"> = {},
) {
  const clock = new VirtualClock();
  const simulator = createSimulator({ clock, random: seededRandom(1), clouds: [cloud], ...rest });
  const client = await SimulatedClient.login(simulator);
  return { clock, simulator, client, [Symbol.dispose]: () => simulator[Symbol.dispose]() };
}
