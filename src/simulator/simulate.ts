/** `nodepool simulate`: a simulator as a process of its own, until it is told to end. */
import { once } from "node:events";
import { systemClock } from "../lib/clock.ts";
import { newFileProblem } from "../lib/new_file.ts";
import { seededRandom, systemRandom } from "../lib/random.ts";
import { serveSimulator } from "./serve_simulator.ts";
import { completeSettings, type SimulatorSettings } from "./settings.ts";
import { parseSettings } from "./settings_file.ts";
import { createSimulator } from "./simulator.ts";
import { stringify } from "yaml";

interface SimulateOptions {
  /** Port 0: the system chooses. */
  readonly listen: { readonly hostname: string; readonly port: number };
  /** Path of a settings file; null: the defaults. */
  readonly config: string | null;
  /** Path at which a clouds.yaml that leads here is written; null: none. */
  readonly clouds: string | null;
  /** null: what the settings say. */
  readonly sshPort: number | null;
  /** Its abort ends the simulator. */
  readonly signal: AbortSignal;
  /** Gets the one line that says where everything is. */
  print(line: string): void;
}

/**
 * Serves until the signal is aborted, then resolves with everything closed.
 * @throws Error for settings that cannot be used, a file that cannot be read or written, an address that is taken
 */
export async function simulate(options: SimulateOptions): Promise<void> {
  const settings = await loadSettings(options.config);
  const random = settings.seed === null ? systemRandom : seededRandom(settings.seed);
  using simulator = createSimulator({ ...settings, clock: systemClock, random });
  await using served = await serveSimulator(simulator, { ...options.listen, sshPort: options.sshPort });
  if (options.clouds !== null) {
    await writeClouds(options.clouds, renderCloudsYaml(settings, served.baseUrl));
  }
  const names = settings.clouds.map(({ name }) => name).join(", ");
  options.print(`simulator: ${served.baseUrl} (clouds: ${names}), servers' SSH on port ${served.sshPort}`);
  if (!options.signal.aborted) await once(options.signal, "abort");
}

async function loadSettings(path: string | null): Promise<SimulatorSettings> {
  if (path === null) return completeSettings({});
  const text = await Deno.readTextFile(path).catch((cause) => {
    throw new Error(`the simulator's settings ${path} cannot be read`, { cause });
  });
  return parseSettings(text, path);
}

/** Readable by its owner alone: it holds a password. */
async function writeClouds(path: string, text: string): Promise<void> {
  const problem = await newFileProblem(path, { mayExist: true, option: "--clouds" });
  if (problem !== null) throw new Error(problem);
  await Deno.writeTextFile(path, text, { mode: 0o600 }).catch((cause) => {
    throw new Error(`the simulator's ${path} cannot be written`, { cause });
  });
}

/**
 * A clouds.yaml with one entry for each cloud, named as the cloud.
 * @param baseUrl where the simulator is served, with no slash at its end
 */
export function renderCloudsYaml(settings: SimulatorSettings, baseUrl: string): string {
  const entries = settings.clouds.map((cloud) => [cloud.name, {
    auth_type: "password",
    auth: {
      auth_url: `${baseUrl}/${cloud.name}/identity/v3`,
      username: cloud.username,
      password: cloud.password,
      project_name: cloud.project,
      user_domain_name: "Default",
      project_domain_name: "Default",
    },
    region_name: cloud.region,
    interface: "public",
    identity_api_version: 3,
  }]);
  return stringify({ clouds: Object.fromEntries(entries) });
}
