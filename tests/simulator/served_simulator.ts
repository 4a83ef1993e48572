/** A simulator on the network, for tests: real time, ports chosen by the system, its own folder. */
import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { renderCloudsYaml } from "../../src/simulator/simulate.ts";
import { type ServedSimulator, serveSimulator } from "../../src/simulator/serve_simulator.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { createSimulator, type Simulator } from "../../src/simulator/simulator.ts";

export interface TestSimulator extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly served: ServedSimulator;
  /** A folder of its own; `clouds.yaml` there leads to it. */
  readonly folder: string;
}

export async function serveForTest(settings: SimulatorInput): Promise<TestSimulator> {
  await using made = new AsyncDisposableStack();
  const simulator = made.use(createSimulator({ ...settings, clock: systemClock, random: seededRandom(1) }));
  const served = made.use(await serveSimulator(simulator, { hostname: "127.0.0.1", port: 0, sshPort: 0 }));
  const folder = await Deno.makeTempDir({ prefix: "simulator-" });
  made.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.writeTextFile(
    `${folder}/clouds.yaml`,
    renderCloudsYaml(simulator.settings, served.baseUrl),
  );
  const parts = made.move();
  return { simulator, served, folder, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandOutcome> {
  const command = new Deno.Command(program, { args: [...args], env, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}
