/** The files of the demonstration: what the simulated clouds are like, and the pool's configuration. */

import { generateKey } from "../../src/ssh/generate_key.ts";
import { scriptedDiskImageCreate } from "../../tests/e2e/scripted_disk_image_create.ts";
import { ciJobs } from "./ci_jobs.ts";

/** How long the stand-in for disk-image-create takes. */
const BUILD_SECONDS = 2;

/** Paths in the demonstration's own folder. */
export class DemoFiles {
  readonly clouds: string;
  readonly config: string;
  readonly daemonLog: string;
  readonly key: string;
  /** A folder of programs that come before those of the machine. */
  readonly programs: string;
  readonly simulator: string;

  constructor(readonly folder: string, readonly ports: { readonly status: number; readonly ssh: number }) {
    this.clouds = `${folder}/clouds.yaml`;
    this.config = `${folder}/nodepool.yaml`;
    this.daemonLog = `${folder}/daemon.log`;
    this.key = `${folder}/id_ed25519`;
    this.programs = `${folder}/bin`;
    this.simulator = `${folder}/simulator.yaml`;
  }

  /** Writes all but clouds.yaml, which the simulator writes, and the configuration. */
  async writeShared({ buildSeconds = BUILD_SECONDS }: { buildSeconds?: number } = {}): Promise<void> {
    const { private: privateKey, public: publicKey } = await generateKey();
    await Deno.writeTextFile(this.key, privateKey, { mode: 0o600 });
    await Deno.writeTextFile(this.simulator, simulatorYaml(publicKey, this.ports.ssh));
    await Deno.mkdir(this.programs);
    // The real one needs root and a Debian mirror.
    const program = scriptedDiskImageCreate({ seconds: buildSeconds });
    await Deno.writeTextFile(`${this.programs}/disk-image-create`, program, { mode: 0o755 });
  }

  /** The configuration with that many nodes of the small label kept ready, and one of the large unless it is 0. */
  async writeConfig({ minReady }: { minReady: number }): Promise<void> {
    const own = `state: ${quoted(`${this.folder}/nodepool.kv`)}
images-dir: ${quoted(`${this.folder}/images`)}
status:
  listen: 127.0.0.1:${this.ports.status}
`;
    await Deno.writeTextFile(this.config, own + this.poolYaml(minReady), { mode: 0o600 });
  }

  /** The part of the configuration that says what the pool is to be. */
  poolYaml(minReady: number): string {
    const provider = (cloud: string) => `
  - name: ${cloud}
    cloud: ${cloud}
    max-servers: 4
    rate: 0
    images:
      - name: debian
        diskimage: debian
        min-ram: 2048
        username: debian
        private-key: ${quoted(this.key)}
        connection-port: ${this.ports.ssh}
      - name: debian-big
        base-image: debian-12
        min-ram: 8192
        username: debian
        private-key: ${quoted(this.key)}
        connection-port: ${this.ports.ssh}`;
    return `labels:
  - name: debian-small
    image: debian
    min-ready: ${minReady}
    providers: [{ name: east }, { name: west }]
  - name: debian-large
    image: debian-big
    min-ready: ${Math.min(minReady, 1)}
    providers: [{ name: west }]
diskimages:
  - name: debian
    elements: [debian-minimal, vm]
providers:${provider("east")}${provider("west")}
`;
  }
}

/** A path that YAML reads as it is, whatever is in it; most paths need no quotes. */
export const quoted = (path: string) => /^[\w.\/-]+$/.test(path) ? path : JSON.stringify(path);

/** Two clouds whose servers take about two seconds to boot, let in the pool's key alone, and know the CI's jobs. */
function simulatorYaml(publicKey: string, sshPort: number): string {
  const commands = ciJobs().map(({ command, seconds, exitCode }) =>
    `        - { command: ${command}, time: ${seconds}, exit-code: ${exitCode} }`
  );
  const cloud = (name: string) => `
  - name: ${name}
    boot-time: { mean: 2, jitter: 1 }
    ssh:
      users: [debian]
      authorized-keys: [${JSON.stringify(publicKey)}]
      commands:
${commands.join("\n")}`;
  return `ssh-port: ${sshPort}\nclouds:${cloud("east")}${cloud("west")}\n`;
}
