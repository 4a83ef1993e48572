/** Makes first configurations for simulated clouds, in a folder of its own, without a socket. */
import { createOpenStackCloud } from "../../src/cloud/openstack/openstack_cloud.ts";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import { denoEnvironment } from "../../src/config/deno_environment.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import type { ProviderConfig } from "../../src/domain/config.ts";
import type { Dialog, FirstConfigView, GivenAnswers } from "../../src/domain/first_config.ts";
import type { OnlineCheck } from "../../src/domain/online_check.ts";
import { proposals } from "../../src/first/dialog.ts";
import { FirstFiles } from "../../src/first/first_files.ts";
import { makeFirstConfig } from "../../src/first/make_first_config.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { checkClouds } from "../../src/online/check_clouds.ts";
import { renderCloudsYaml } from "../../src/simulator/simulate.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { createSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";

const NOTHING_GIVEN: GivenAnswers = {
  cloud: null,
  image: null,
  username: null,
  flavor: null,
  network: null,
  keypair: null,
  connectionPort: null,
  floatingIps: true,
};

export class FirstBench implements AsyncDisposable {
  readonly simulator: Simulator;
  said = "";
  /** Variables besides the one that names clouds.yaml. */
  readonly variables: Record<string, string> = {};

  static async open(
    clouds: SimulatorInput["clouds"],
    cloudsYaml: (text: string) => string | null = (text) => text,
  ): Promise<FirstBench> {
    const folder = await Deno.makeTempDir({ prefix: "np first " });
    const bench = new FirstBench(folder, clouds);
    const text = cloudsYaml(renderCloudsYaml(bench.simulator.settings, "http://simulator.invalid"));
    if (text !== null) await Deno.writeTextFile(`${folder}/clouds.yaml`, text, { mode: 0o600 });
    return bench;
  }

  private constructor(readonly folder: string, clouds: SimulatorInput["clouds"]) {
    this.simulator = createSimulator({ clouds, clock: systemClock, random: seededRandom(1) });
  }

  get configFile(): string {
    return `${this.folder}/nodepool.yaml`;
  }

  make(
    { given = {}, dialog = proposals, change = () => ({}) }: {
      given?: Partial<GivenAnswers>;
      dialog?: Dialog;
      /** What the cloud does in another way. */
      change?: (cloud: WholeCloud) => Partial<WholeCloud>;
    } = {},
  ): Promise<FirstConfigView> {
    const { folder: home, configFile: output } = this;
    return makeFirstConfig({
      given: { ...NOTHING_GIVEN, ...given },
      dialog,
      files: new FirstFiles({ output, home, schema: "{}\n", generateKey }),
      environment: this.#environment,
      openCloud: (provider) => {
        const cloud = this.#openCloud(provider);
        return { ...cloud, ...change(cloud) };
      },
      say: (text) => this.said += `${text}\n`,
      signal: new AbortController().signal,
    });
  }

  /** The configuration as a daemon reads it. */
  async load() {
    return (await loadConfig(this.configFile, { environment: this.#environment, strict: true })).config;
  }

  /** Whatever `config-validate --online` finds that is not well. */
  async troubles(): Promise<readonly OnlineCheck[]> {
    const checks = await checkClouds(await this.load(), {
      clock: systemClock,
      openCloud: (provider) => this.#openCloud(provider),
      readFile: (path) => Deno.readTextFile(path),
      stat: (path) => Deno.stat(path).catch(() => null),
      signal: new AbortController().signal,
    });
    return checks.filter(({ result }) => result !== "ok");
  }

  async text(): Promise<string> {
    return await Deno.readTextFile(this.configFile);
  }

  /** Names of the files in its folder, without clouds.yaml. */
  files(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name).filter((name) => name !== "clouds.yaml")
      .sort();
  }

  get #environment() {
    const variables: Record<string, string> = {
      ...this.variables,
      OS_CLIENT_CONFIG_FILE: `${this.folder}/clouds.yaml`,
    };
    return {
      ...denoEnvironment,
      env: (name: string) => variables[name],
      envWithPrefix: () => variables,
      home: () => this.folder,
      cwd: () => this.folder,
    };
  }

  #openCloud(provider: ProviderConfig): WholeCloud {
    const send: Simulator["send"] = (request, call) => this.simulator.send(request, call);
    return createOpenStackCloud({ ...provider, rate: 0, send, clock: systemClock, random: seededRandom(2) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.simulator[Symbol.dispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
