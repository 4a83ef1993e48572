/** `init` as people run it: at a terminal, and on the way to a first node. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { shellWord } from "../../src/lib/shell_quote.ts";
import { renderCloudsYaml } from "../../src/simulator/simulate.ts";
import { serveSimulator } from "../../src/simulator/serve_simulator.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";
import { testNeeding } from "../needs.ts";
import { programCommand, programEnvironment } from "./program.ts";

async function startCloud(made: AsyncDisposableStack): Promise<{ folder: string; clouds: string }> {
  const clouds = [{ name: "alpha" }, { name: "beta", images: [{ name: "debian-12" }] }];
  const simulator = made.use(createSimulator({ clouds, clock: systemClock, random: seededRandom(1) }));
  const served = made.use(await serveSimulator(simulator, { hostname: "127.0.0.1", port: 0, sshPort: 0 }));
  const folder = await Deno.makeTempDir({ prefix: "np init " });
  made.defer(() => Deno.remove(folder, { recursive: true }));
  const file = `${folder}/given.yaml`;
  await Deno.writeTextFile(file, renderCloudsYaml(simulator.settings, served.baseUrl), { mode: 0o600 });
  return { folder, clouds: file };
}

/** At each of these prompts, this is typed. */
type Typed = readonly (readonly [prompt: string, text: string])[];

/** Runs `init` on a terminal. @returns what the terminal shows, and its exit code */
async function onTerminal({ folder, clouds, typed }: { folder: string; clouds: string; typed: Typed }) {
  const command = programCommand(["init"]).map(shellWord).join(" ");
  const child = new Deno.Command("script", {
    args: ["-qec", `cd ${shellWord(folder)} && exec ${command}`, "/dev/null"],
    clearEnv: true,
    env: programEnvironment({ OS_CLIENT_CONFIG_FILE: clouds, SHELL: "/bin/sh", HOME: folder }),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const rest = [...typed];
  let shown = "";
  let asked = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    shown += text;
    asked += text;
    if (rest.length === 0 || !asked.includes(rest[0]![0])) continue;
    asked = "";
    await writer.write(new TextEncoder().encode(rest.shift()![1]));
  }
  await writer.close().catch(() => {}); // it may have ended before
  const { code } = await child.status;
  return { code, shown: shown.replaceAll("\r", "") };
}

const written = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => !/^(given\.yaml|\..*)$/.test(name));

testNeeding(["script"], "init at a terminal asks, and writes what is answered", async () => {
  await using made = new AsyncDisposableStack();
  const place = await startCloud(made);
  const { code, shown } = await onTerminal({
    ...place,
    typed: [
      ["cloud: ", "beta\n"],
      ["image [1]: ", "\n"],
      ["[debian]: ", "root\n"],
      ["flavor [1]: ", "2\n"],
      ["network [1]: ", "\n"],
      ["key [1]: ", "\n"],
    ],
  });
  assert.equal(code, 0, shown);
  assert.match(shown, /cloud: .*\n(.|\n)*wrote .*nodepool\.yaml\n/);
  const text = await Deno.readTextFile(`${place.folder}/nodepool.yaml`);
  assert.match(text, /cloud: beta (.|\n)*base-image: debian-12 (.|\n)*m1\.medium\n *username: root /);
});

for (
  const [name, typed, said] of [
    ["Ctrl-C", "\u0003", /image \[1\]: \^C\nnodepool: interrupted\n$/],
    [
      "the end of the input",
      "\u0004",
      /image \[1\]: \n?.*nodepool: the input has ended: nothing was written\n$/,
    ],
  ] as const
) {
  testNeeding(["script"], `init at a terminal leaves nothing behind after ${name}`, async () => {
    await using made = new AsyncDisposableStack();
    const place = await startCloud(made);
    const { code, shown } = await onTerminal({
      ...place,
      typed: [["cloud: ", "beta\n"], ["image [1]: ", typed]],
    });
    assert.notEqual(code, 0, shown);
    assert.deepEqual(written(place.folder), [], shown);
    assert.match(shown, said);
  });
}
