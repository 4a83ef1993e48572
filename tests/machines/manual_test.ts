/**
 * The commands of the manual's topic `several-machines`, as somebody pastes them who has three machines: here they are
 * three folders and ports of loopback. The service manager's part, starting etcd and nodepool, is done by this test.
 */
import { deepEqual, match, ok } from "node:assert/strict";
import { topicTexts } from "../../src/manual/topics.ts";
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
  readonly #members: Deno.ChildProcess[] = [];

  static async make(): Promise<ThreeMachines> {
    const folder = await Deno.makeTempDir({ prefix: "nodepool machines " });
    await Deno.mkdir(`${folder}/bin`);
    for (const name of names) await Deno.mkdir(`${folder}/${name}`);
    const shims = { sudo: 'exec "$@"', hostname: 'echo "$MACHINE"' };
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
  async startEtcd(): Promise<void> {
    for (const name of names) {
      const settings = await Deno.readTextFile(`${this.folder}/etcd-of-${name}`);
      const env = Object.fromEntries(
        settings.trim().split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2)),
      );
      const command = new Deno.Command("etcd", { cwd: this.folder, env, stdout: "null", stderr: "null" });
      this.#members.push(command.spawn());
    }
    for (const { client } of this.#ports.values()) {
      await eventually(() =>
        Deno.connect({ hostname: "127.0.0.1", port: client }).then((connection) => {
          connection.close();
          return true;
        }, () => false)
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.#members) {
      member.kill("SIGKILL");
      await member.status;
    }
    await Deno.remove(this.folder, { recursive: true });
  }
}

testNeeding(
  ["etcd", "etcdctl", "openssl", "bash"],
  "the manual's commands set up an etcd with TLS and users, which the pool's user may use for its pool alone",
  async () => {
    const [certificates, settings, users, room] = blocks.filter(({ language }) => language === "sh");
    await using machines = await ThreeMachines.make();
    await machines.paste("ci1", certificates!.text);
    for (const name of names) await machines.paste(name, settings!.text);
    await machines.startEtcd();
    const said = await machines.paste(
      "ci1",
      `${users!.text}
export ETCDCTL_USER=nodepool:choose-another
etcdctl put /nodepool/ci/state/x 1
etcdctl put /nodepool/other/state/x 1 2>&1 || true
`,
    );
    match(said, /Authentication Enabled\nOK\n/);
    match(said, /permission denied/);
    const environment = users!.text.split("\n").filter((line) => line.startsWith("export ")).join("\n");
    ok(await machines.paste("ci1", `${environment}\n${room!.text}`));
  },
);
