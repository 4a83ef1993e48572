/**
 * The commands of the manual's topic `several-machines`, as somebody pastes them who has three machines: here they are
 * three folders and ports of loopback. The service manager's part, starting etcd and nodepool, is done by this test.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { parse } from "yaml";
import { ExitCode } from "../../src/cli/exit_code.ts";
import { topicTexts } from "../../src/manual/topics.ts";
import { runProgram, spawnProgram } from "../e2e/program.ts";
import { eventually } from "../eventually.ts";
import { testNeeding } from "../needs.ts";
import { blocksOf } from "../readme/document.ts";

const names = ["ci1", "ci2", "ci3"] as const;

const blocks = blocksOf(topicTexts["several-machines"]!).filter(({ words }) => words.includes("machines"));

interface Ports {
  readonly client: number;
  readonly peer: number;
}

/** Each on its own; ports that nobody else had a moment ago. */
function freePorts(): ReadonlyMap<string, Ports> {
  const listeners = names.map(() => [0, 1].map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 })));
  return new Map(listeners.map((pair, index) => {
    const [client, peer] = pair.map((listener) => (listener.addr as Deno.NetAddr).port);
    for (const listener of pair) listener.close();
    return [names[index]!, { client: client!, peer: peer! }];
  }));
}

class ThreeMachines implements AsyncDisposable {
  readonly folder: string;
  readonly #ports = freePorts();
  readonly #members = new Map<string, Deno.ChildProcess>();

  static async make(): Promise<ThreeMachines> {
    const folder = await Deno.makeTempDir({ prefix: "nodepool machines " });
    await Deno.mkdir(`${folder}/bin`);
    for (const name of names) await Deno.mkdir(`${folder}/${name}`);
    const shims = { sudo: 'exec "$@"', hostname: 'echo "$MACHINE"', systemctl: "exit 0" };
    for (const [name, text] of Object.entries(shims)) {
      await Deno.writeTextFile(`${folder}/bin/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    return new ThreeMachines(folder);
  }

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** A text of the manual on one of the machines. */
  on(machine: typeof names[number], text: string): string {
    const own = this.#ports.get(machine)!;
    const placed = text
      .replaceAll("/etc/default/etcd", `etcd-of-${machine}`)
      .replaceAll("/etc/etcd/", "")
      .replaceAll("/var/lib/etcd/ci", `${machine}/data`)
      .replaceAll("$(hostname):2379", `127.0.0.1:${own.client}`)
      .replaceAll("$(hostname):2380", `127.0.0.1:${own.peer}`)
      .replaceAll("0.0.0.0:2379", `127.0.0.1:${own.client}`)
      .replaceAll("0.0.0.0:2380", `127.0.0.1:${own.peer}`)
      .replace(/DNS:ci1.*(?= >names)/, "IP:127.0.0.1");
    return [...this.#ports].reduce(
      (changed, [name, { client, peer }]) =>
        changed.replaceAll(`${name}:2379`, `127.0.0.1:${client}`).replaceAll(
          `${name}:2380`,
          `127.0.0.1:${peer}`,
        ),
      placed,
    );
  }

  /** Pastes it into a shell. @returns what it printed */
  async paste(machine: typeof names[number], text: string): Promise<string> {
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-e", "-c", this.on(machine, text)],
      cwd: this.folder,
      env: { PATH: `${this.folder}/bin:${Deno.env.get("PATH")}`, MACHINE: machine },
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    deepEqual([code, code === 0 ? "" : said], [0, ""], text);
    return said;
  }

  /** As Debian's service does, with the settings of its file. */
  async startEtcd(...machines: (typeof names[number])[]): Promise<void> {
    for (const name of machines) {
      const settings = await Deno.readTextFile(`${this.folder}/etcd-of-${name}`);
      const env = Object.fromEntries(
        settings.trim().split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2)),
      );
      const command = new Deno.Command("etcd", { cwd: this.folder, env, stdout: "null", stderr: "null" });
      this.#members.set(name, command.spawn());
    }
    for (const name of machines) {
      await eventually(() =>
        Deno.connect({ hostname: "127.0.0.1", port: this.#ports.get(name)!.client }).then((connection) => {
          connection.close();
          return true;
        }, () => false)
      );
    }
  }

  async killEtcd(name: string): Promise<void> {
    const member = this.#members.get(name)!;
    this.#members.delete(name);
    member.kill("SIGKILL");
    await member.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#members.keys()) await this.killEtcd(name);
    await Deno.remove(this.folder, { recursive: true });
  }
}

const { text: settingsOfPool } = blocks.find(({ language }) => language === "yaml")!;
const { text: secrets } = blocks.find(({ language }) => language === "ini")!;

/** A machine of the pool: the manual's configuration, with nothing to do. */
class PoolMachine implements AsyncDisposable {
  readonly #machines: ThreeMachines;
  readonly #name: typeof names[number];
  #daemon: Deno.ChildProcess | null = null;

  static async make(machines: ThreeMachines, name: typeof names[number]): Promise<PoolMachine> {
    const machine = new PoolMachine(machines, name);
    const config = machines.on(name, settingsOfPool)
      .replace("cacert: ca.pem", `cacert: ${JSON.stringify(`${machines.folder}/ca.pem`)}`)
      .replace("user: nodepool\n", "user: nodepool\n  control: 127.0.0.1:0\n")
      .replace("0.0.0.0:8005", "127.0.0.1:0");
    await Deno.writeTextFile(machine.#file("nodepool.yaml"), `${config}labels: []\nproviders: []\n`);
    await Deno.writeTextFile(machine.#file("secure.conf"), secrets, { mode: 0o600 });
    return machine;
  }

  private constructor(machines: ThreeMachines, name: typeof names[number]) {
    this.#machines = machines;
    this.#name = name;
  }

  get pid(): number {
    return this.#daemon!.pid;
  }

  start(): void {
    this.#daemon = spawnProgram(this.#words(["daemon"]), this.#options);
    this.#daemon.stderr.pipeTo(
      Deno.openSync(this.#file("daemon.log"), { create: true, append: true }).writable,
    );
    this.#daemon.stdout.cancel();
  }

  async stop(): Promise<number> {
    this.#daemon?.kill("SIGTERM");
    const { code } = await this.#daemon!.status;
    this.#daemon = null;
    return code;
  }

  /** How it ended by itself. */
  async ended(): Promise<number> {
    return (await this.#daemon!.status).code;
  }

  async run(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runProgram(this.#words(args), this.#options);
    deepEqual([code, code === 0 ? "" : stderr], [0, ""], args.join(" "));
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon !== null) await this.stop().catch(() => {});
  }

  get #options() {
    return { cwd: this.#machines.folder, env: { XDG_RUNTIME_DIR: `${this.#machines.folder}/${this.#name}` } };
  }

  #file(name: string): string {
    return `${this.#machines.folder}/${this.#name}/${name}`;
  }

  #words(args: readonly string[]): string[] {
    return ["-c", this.#file("nodepool.yaml"), "-s", this.#file("secure.conf"), ...args];
  }
}

/** The lines of `status` that say who leads and who stands by, by their pids. */
function rolesIn(status: string): string {
  return [...status.matchAll(/^(leader|standby) +(?:\S+, pid (\d+)|(none))/gm)].map(([, role, pid, none]) =>
    `${role} ${pid ?? none}`
  ).join(", ");
}

testNeeding(
  ["etcd", "etcdctl", "openssl", "bash"],
  "the manual's etcd has TLS and users, and on it its configuration has two daemons run, copied to and handed over as it says",
  async () => {
    const [certificates, settings, users, forget, rejoin, room] = blocks.filter(({ language }) =>
      language === "sh"
    );
    await using machines = await ThreeMachines.make();
    await machines.paste("ci1", certificates!.text);
    for (const name of names) await machines.paste(name, settings!.text);
    await machines.startEtcd(...names);
    const said = await machines.paste(
      "ci1",
      `${users!.text}
export ETCDCTL_USER=nodepool:choose-another
etcdctl put /nodepool/other/state/x 1 2>&1 || true
`,
    );
    match(said, /Authentication Enabled\n/);
    match(said, /permission denied/);

    await using one = await PoolMachine.make(machines, "ci1");
    await using two = await PoolMachine.make(machines, "ci2");
    const file = `${machines.folder}/nodepool.kv`;
    await Deno.writeTextFile(
      `${machines.folder}/file.yaml`,
      `state: ${JSON.stringify(file)}\nlabels: []\nproviders: []\n`,
    );
    equal((await runProgram(["-c", `${machines.folder}/file.yaml`, "job-create", "unit-tests"])).code, 0);
    const { state } = parse(machines.on("ci1", settingsOfPool)) as { state: string };
    await one.run("state", "copy", file, state);

    one.start();
    await eventually(async () => rolesIn(await one.run("status")) === `leader ${one.pid}, standby none`);
    two.start();
    await eventually(async () =>
      rolesIn(await one.run("status")) === `leader ${one.pid}, standby ${two.pid}`
    );
    match(await two.run("job-list"), /unit-tests/);
    match(await two.run("resign"), new RegExp(`pid ${two.pid}`));
    equal(await one.ended(), ExitCode.leadershipLost);
    one.start();
    await eventually(async () =>
      rolesIn(await one.run("status")) === `leader ${two.pid}, standby ${one.pid}`
    );

    const environment = users!.text.split("\n").filter((line) => line.startsWith("export ")).join("\n");
    await machines.killEtcd("ci3");
    const asRoot = `${environment}\nexport ETCDCTL_USER=root:choose-one`;
    const members = await machines.paste("ci1", `${asRoot}\netcdctl member list`);
    const [, id] = members.match(/^(\w+), started, ci3,/m)!;
    await machines.paste("ci1", `${environment}\n${forget!.text.replace("ID", id!)}`);
    await machines.paste("ci3", rejoin!.text);
    await machines.startEtcd("ci3");
    await eventually(async () =>
      (await one.run("status")).match(/^etcd +https:\S+, version 3/gm)?.length === 3
    );
    equal(rolesIn(await one.run("status")), `leader ${two.pid}, standby ${one.pid}`);

    await one.run("state", "backup", `${machines.folder}/backup.kv`);
    for (const machine of [one, two]) equal(await machine.stop(), 0);
    const status = await two.run("status");
    match(status, /^problem +no machine leads the pool; see: nodepool manual no-leader$/m);
    match(status, /^daemon +none leads; showing the state in etcd$/m);
    equal(status.match(/^etcd +https:\S+, version 3\.\S+, \d+ KiB/gm)?.length, 3);
    equal(rolesIn(status), "leader none, standby none");

    ok(await machines.paste("ci1", `${environment}\n${room!.text}`));
  },
);
