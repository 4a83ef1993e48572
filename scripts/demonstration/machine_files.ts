/** The etcd of the demonstration, and the files of each machine of its pool. */
import { fileURLToPath } from "node:url";
import type { DemoFiles } from "./files.ts";
import { quoted } from "./files.ts";
import type { PoolFiles } from "./pool.ts";
import { freePort } from "./present.ts";

const scripts = fileURLToPath(new URL("../etcd/", import.meta.url));

export interface MachineFiles extends PoolFiles {
  /** Of nodepool.yaml. */
  readonly config: string;
}

/** It outlives who starts it: the caller that starts it disposes of it. */
export class DemoEtcd implements AsyncDisposable {
  readonly #folder: string;
  /** Its own words, with the lines of configuration that lead there. */
  readonly #said: string;

  static async start(folder: string): Promise<DemoEtcd> {
    const own = `${folder}/etcd`;
    try {
      const said = await run("up", own);
      console.log(said.slice(0, said.indexOf("\n")));
      return new DemoEtcd(own, said);
    } catch (error) {
      await run("down", own).catch(() => {});
      throw error;
    }
  }

  private constructor(folder: string, said: string) {
    this.#folder = folder;
    this.#said = said;
  }

  /** Writes the configuration of a machine, which differs from others by ports and places alone. */
  async writeMachine(name: string, shared: DemoFiles): Promise<MachineFiles> {
    const { clouds, simulator, programs, folder } = shared;
    const own = `${folder}/${name}`;
    await Deno.mkdir(own);
    const files: MachineFiles = {
      ...{ clouds, simulator, programs },
      config: `${own}/nodepool.yaml`,
      daemonLog: `${folder}/${name}.log`,
      ports: { status: freePort() },
      options: ["-s", `${own}/secure.conf`],
      env: { XDG_RUNTIME_DIR: own },
    };
    const control = `"control":"127.0.0.1:${freePort()}"}`;
    const lines = this.#between("nodepool.yaml:\n\n", "\nand into").replace(/\}\n$/, `,${control}\n`);
    const places = `images-dir: ${quoted(`${own}/images`)}
build-log-dir: ${quoted(`${own}/build-logs`)}
status:
  listen: 127.0.0.1:${files.ports.status}
`;
    await Deno.writeTextFile(files.config, lines + places + shared.poolYaml(2), { mode: 0o600 });
    const secrets = this.#between("secure.conf:\n\n", "\nscripts/etcd/down");
    await Deno.writeTextFile(`${own}/secure.conf`, secrets, { mode: 0o600 });
    return files;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("down", this.#folder);
  }

  #between(before: string, after: string): string {
    const begin = this.#said.indexOf(before) + before.length;
    return this.#said.slice(begin, this.#said.indexOf(after, begin));
  }
}

/** @throws Error with what the script said */
async function run(script: "up" | "down", folder: string): Promise<string> {
  const command = new Deno.Command(`${scripts}${script}`, { args: [folder], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr).trim());
  return text.decode(stdout);
}
