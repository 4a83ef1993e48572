/**
 * The OpenStack of OS_CLIENT_CONFIG_FILE that scripts/devcloud made, as these tests use it: each has a project of its
 * own there and looks at it with the real `openstack` command. What is left in the project is deleted with it.
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { systemRandom } from "../../src/lib/random.ts";
import { OpenstackClient } from "../openstack_client.ts";
import { NodepoolProcess } from "./nodepool_process.ts";
import { runCommand } from "./run_command.ts";

/** What a provider of the configuration needs to get in. */
export interface CloudKeys {
  readonly authUrl: string;
  readonly username: string;
  readonly password: string;
  readonly projectName: string;
  readonly keypair: string;
}

/** A line of `openstack server list --long`. */
interface ListedServer {
  readonly ID: string;
  readonly Name: string;
  readonly Status: string;
  readonly Properties: Readonly<Record<string, string>>;
}

const clouds = Deno.env.get("OS_CLIENT_CONFIG_FILE");

/** The folder that the development cloud lives in. */
const devcloudFolder = dirname(clouds ?? "");

/** A test with a project and a nodepool of its own; nothing of either outlives it. */
export function scenario(
  name: string,
  run: (devcloud: Devcloud, pool: NodepoolProcess) => Promise<void>,
): void {
  Deno.test(name, async () => {
    await using devcloud = await Devcloud.open();
    await using pool = await NodepoolProcess.create();
    await devcloud.admit(await pool.publicKey);
    await pool.during(() => run(devcloud, pool));
  });
}

export class Devcloud implements AsyncDisposable {
  readonly #made = new AsyncDisposableStack();
  readonly #client = this.#made.use(new OpenstackClient({}));
  #clouds = "";

  static async open(): Promise<Devcloud> {
    assert.ok(clouds !== undefined, "OS_CLIENT_CONFIG_FILE names the clouds.yaml of a development cloud");
    const file = parse(await Deno.readTextFile(clouds));
    const { auth } = file.clouds.devcloud;
    const name = `nodepool-${systemRandom.uuid().slice(0, 8)}`;
    const devcloud = new Devcloud({
      authUrl: auth.auth_url.replace(/v3\/?$/, "v2.0/"),
      username: auth.username,
      password: auth.password,
      projectName: name,
      keypair: name,
    });
    auth.project_name = name;
    await devcloud.#createProject(stringify(file));
    return devcloud;
  }

  private constructor(readonly keys: CloudKeys) {}

  /** A clouds.yaml whose `devcloud` is this project. */
  get cloudsFile(): string {
    return this.#clouds;
  }

  /** Lets the key in to every server: as the keypair that nodes are booted with, and on an sshd that they share. */
  async admit(publicKey: string): Promise<void> {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, publicKey);
    await this.openstack("keypair", "create", "--public-key", file, this.keys.keypair);
    await Deno.remove(file);
    this.#made.defer(() => this.openstack("keypair", "delete", this.keys.keypair).then(() => {}));
    const shared = `${devcloudFolder}/etc/authorized_keys`;
    await Deno.writeTextFile(shared, `${publicKey}\n`, { append: true });
    this.#made.defer(async () => {
      const lines = (await Deno.readTextFile(shared)).split("\n");
      await Deno.writeTextFile(shared, lines.filter((line) => line !== publicKey).join("\n"));
    });
  }

  /** What an `openstack` command answers, in this project; null where it answers nothing. */
  // deno-lint-ignore no-explicit-any
  openstack(...args: string[]): Promise<any> {
    return this.#run(["--os-cloud=devcloud", ...args], this.#clouds);
  }

  /** Whether Keystone still takes a token. */
  async acceptsToken(token: string): Promise<boolean> {
    const url = `${this.#keystone}/auth/tokens`;
    const response = await fetch(url, { headers: { "x-auth-token": token, "x-subject-token": token } });
    await response.body?.cancel();
    return response.ok;
  }

  /** Whether anything listens where Keystone does. */
  async hasKeystone(): Promise<boolean> {
    const response = await fetch(this.#keystone).catch(() => null);
    await response?.body?.cancel();
    return response !== null;
  }

  get #keystone(): string {
    return this.keys.authUrl.replace(/v2\.0\/$/, "v3");
  }

  servers(): Promise<readonly ListedServer[]> {
    return this.openstack("server", "list", "--long");
  }

  /** Names of all servers that ever were in the project, sorted. */
  async serversEver(): Promise<readonly string[]> {
    const list = ["server", "list", `--project=${this.keys.projectName}`];
    const [there, gone] = await Promise.all(
      [list, [...list, "--deleted"]].map((words) => this.#asAdmin(...words)),
    );
    const names = new Map<string, string>();
    for (const server of [...there, ...gone] as ListedServer[]) names.set(server.ID, server.Name);
    return [...names.values()].sort();
  }

  /** Servers, ports and floating IPs that are in the project now. */
  async leftovers(): Promise<readonly string[]> {
    const kinds = [["server"], ["port"], ["floating", "ip"]];
    const lists = await Promise.all(kinds.map(async (kind) => {
      const entries: { ID: string }[] = await this.openstack(...kind, "list");
      return entries.map(({ ID }) => `${kind.join(" ")} ${ID}`);
    }));
    return lists.flat();
  }

  /** Names of all keypairs of the user, who is that of every project: those of other runs are among them. */
  async keypairs(): Promise<readonly string[]> {
    const list: { Name: string }[] = await this.openstack("keypair", "list");
    return list.map(({ Name }) => Name);
  }

  async #createProject(cloudsYaml: string): Promise<void> {
    const { projectName, username } = this.keys;
    this.#clouds = this.#made.adopt(await Deno.makeTempFile(), (path) => Deno.remove(path));
    await Deno.writeTextFile(this.#clouds, cloudsYaml);
    const { id } = await this.#asAdmin("project", "create", projectName);
    this.#made.defer(async () => {
      await this.#emptyProject(id);
      await this.#asAdmin("project", "delete", projectName);
    });
    await this.#asAdmin("role", "add", "--user", username, "--project", projectName, "member");
  }

  async #emptyProject(projectId: string): Promise<void> {
    const ids = async (...kind: string[]) =>
      (await this.openstack(...kind, "list")).map(({ ID }: { ID: string }) => ID) as string[];
    const floatingIps = await ids("floating", "ip");
    if (floatingIps.length > 0) await this.openstack("floating", "ip", "delete", ...floatingIps);
    const servers = await ids("server");
    if (servers.length > 0) await this.openstack("server", "delete", "--wait", ...servers);
    const groups = await this.#asAdmin("security", "group", "list", `--project=${projectId}`);
    for (const { ID } of groups) await this.#asAdmin("security", "group", "delete", ID);
  }

  // deno-lint-ignore no-explicit-any
  #asAdmin(...args: string[]): Promise<any> {
    return this.#run(["--os-cloud=devcloud-admin", ...args], clouds!);
  }

  async #run(args: readonly string[], cloudsFile: string) {
    const format = args.some((word) => SILENT.test(word)) ? [] : ["-f", "json"];
    const env = { OS_CLIENT_CONFIG_FILE: cloudsFile };
    const { code, stdout, stderr } = await this.#client.run([...args, ...format], env);
    assert.equal(code, 0, `openstack ${args.join(" ")}: ${stderr}`);
    return stdout.trim() === "" ? null : JSON.parse(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#made.disposeAsync();
  }
}

/** For as long as it is held, tokens that Keystone gives live so many seconds. */
export async function tokensLive(seconds: number): Promise<AsyncDisposable> {
  const file = `${devcloudFolder}/etc/keystone.conf`;
  const before = await Deno.readTextFile(file);
  const put = async (text: string) => {
    await Deno.writeTextFile(file, text);
    await restartKeystone();
  };
  await put(before.replace(/^expiration = .*$/m, `expiration = ${seconds}`));
  return { [Symbol.asyncDispose]: () => put(before) };
}

/** Resolves when it answers again. @param down seconds for which it stays away */
export async function restartKeystone({ down = 0 } = {}): Promise<void> {
  const script = fileURLToPath(new URL("../../scripts/devcloud/restart", import.meta.url));
  await runCommand(script, ["keystone", "--down", String(down)], { env: { DEVCLOUD_DIR: devcloudFolder } });
}

const SILENT = /^(delete|add)$/;
