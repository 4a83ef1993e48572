/** `nodepool complete`: what can stand where, whatever has been typed before. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { valueSources } from "../../../src/cli/completion/value_sources.ts";
import { buildProgram } from "../../../src/cli/program.ts";
import { systemIo } from "../../../src/cli/system_io.ts";
import type { Wiring } from "../../../src/cli/wiring.ts";
import { eventually } from "../../eventually.ts";
import { sampleImage } from "../../views/sample_images.ts";
import { sampleConfig, sampleReport } from "../../views/sample_pool.ts";
import { CliBench } from "../run.ts";

/** What completes the words, the last of which is yet to end, as zsh and fish are told. */
async function completions(bench: CliBench, ...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await bench.runBare(
    { name: "nodepool", file: null },
    "complete",
    "fish",
    "--",
    words.join("\n"),
  );
  deepEqual([code, stderr], [0, ""]);
  return stdout.split("\n").slice(0, -1).map((line) => line.split("\t")[0]!);
}

async function openBench(options?: { daemon: boolean }): Promise<CliBench> {
  const bench = await CliBench.open(options);
  bench.env["NODEPOOL_CONFIG"] = bench.configFile;
  return bench;
}

Deno.test("commands complete, those below another one, too, and those that --help does not show do not", async () => {
  await using bench = await openBench({ daemon: false });
  ok((await completions(bench, "")).includes("list"), "where nothing is typed yet, all complete");
  deepEqual(await completions(bench, "dib"), ["dib-image-list", "dib-image-delete"]);
  deepEqual(await completions(bench, "--debug", "-c", "x", "stat"), ["status", "state"]);
  deepEqual(await completions(bench, "state", "ex"), ["export"]);
  deepEqual(await completions(bench, "help", "unh"), ["unhold"]);
  deepEqual(await completions(bench, "compl"), []);
});

Deno.test("options complete with those of the program, each once, and their choices", async () => {
  await using bench = await openBench({ daemon: false });
  deepEqual(await completions(bench, "list", "--st"), ["--state"]);
  deepEqual(await completions(bench, "list", "--state", "ready", "--st"), []);
  deepEqual(await completions(bench, "list", "--con"), ["--config"]);
  deepEqual(await completions(bench, "list", "--state", "u"), ["used"]);
  deepEqual(await completions(bench, "list", "--state=u"), ["--state=used"]);
  deepEqual(await completions(bench, "list", "-o", "j"), ["json"]);
  deepEqual(await completions(bench, "list", "--watch", "--so"), ["--sort"]);
  deepEqual(await completions(bench, "list", "--sort", "-comm"), ["-comment"]);
  deepEqual(await completions(bench, "image-list", "--columns", "id,imag"), ["id,image", "id,image_id"]);
  deepEqual(await completions(bench, "events", "--kind", "node.rea"), ["node.ready"]);
  deepEqual(await completions(bench, "manual", "metr"), ["metrics"]);
});

Deno.test("files and folders are left to the shell", async () => {
  await using bench = await openBench({ daemon: false });
  for (
    const words of [["-c", ""], ["list", "--config=x"], ["config-validate", ""], ["state", "restore", "/"]]
  ) {
    deepEqual(await completions(bench, ...words), [":file"], words.join(" "));
  }
  deepEqual(await completions(bench, "install-files", ""), [":folder"]);
});

Deno.test("ids, labels, providers and images complete from the running pool", async () => {
  await using bench = await openBench();
  bench.pool.current = sampleReport({
    images: [sampleImage({ id: 41, image: "noble" }), sampleImage({ id: 7 })],
  });
  const { nodes, config } = bench.pool.current;
  const ids = nodes.filter(({ role }) => role === "node").map(({ id }) => String(id));
  deepEqual(await completions(bench, "hold", ""), ids);
  deepEqual(await completions(bench, "delete", ids[0]!, ""), ids.slice(1), "each once");
  deepEqual(
    await completions(bench, "unhold", ""),
    nodes.filter(({ state }) => state.phase === "hold").map(({ id }) => String(id)),
  );
  const [hostname] = nodes.map(({ hostname }) => hostname);
  ok((await completions(bench, "show", hostname!.slice(0, 4))).includes(hostname!));
  deepEqual(await completions(bench, "acquire", "nob"), ["noble"]);
  deepEqual(await completions(bench, "list", "--label=nob"), ["--label=noble"]);
  deepEqual(await completions(bench, "list", "--provider", ""), config!.providers.map(({ name }) => name));
  deepEqual(await completions(bench, "image-delete", "4"), ["41"]);
  equal((await completions(bench, "image-update", ""))[0], "all");
  deepEqual(await completions(bench, "job-delete", ""), ["3"]);
  deepEqual(await completions(bench, "history", "--job", "ga"), ["gate/unit"]);
  deepEqual(await completions(bench, "ssh", ids[0]!, ""), [], "the other machine's words");
});

Deno.test("a pool is found by -c as it was typed, and by no mistake of the line before the cursor", async () => {
  await using bench = await CliBench.open();
  bench.pool.current = sampleReport();
  deepEqual(await completions(bench, "-c", bench.configFile, "acquire", "nob"), ["noble"]);
  deepEqual(await completions(bench, "acquire", `--config=${bench.configFile}`, "nob"), ["noble"]);
  deepEqual(await completions(bench, "-c", "~/nodepool.yaml", "acquire", "nob"), ["noble"]);
  deepEqual(await completions(bench, "-c", bench.configFile, "acquire", "--no-such", "--count", "x", "nob"), [
    "noble",
  ]);
  deepEqual(await completions(bench, "no-such", ""), []);
});

Deno.test("without a daemon, a configuration or a sound one, nothing completes from the pool, and nothing is said", async () => {
  await using bench = await openBench({ daemon: false });
  deepEqual(await completions(bench, "hold", ""), []);
  deepEqual(await completions(bench, "acquire", ""), []);
  await Deno.writeTextFile(bench.configFile, "state: [\n\t:");
  deepEqual(await completions(bench, "acquire", ""), []);
  bench.env["NODEPOOL_CONFIG"] = `${bench.folder}/none`;
  deepEqual(await completions(bench, "acquire", ""), []);
  deepEqual(
    [...Deno.readDirSync(bench.folder)].map(({ name }) => name),
    ["nodepool.yaml"],
    "nothing is written",
  );
});

Deno.test("a daemon that does not answer is waited for no longer than a second", async () => {
  await using bench = await openBench({ daemon: false });
  using listener = Deno.listen({ transport: "unix", path: bench.socketPath });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) connections.push(connection);
  })();
  const found = completions(bench, "acquire", "");
  await eventually(() => bench.clock.sleeping > 0);
  await bench.clock.advance(1_000);
  deepEqual(await found, []);
  listener.close();
  await accepting;
  for (const connection of connections) connection.close();
});

/** The text that bash puts in place of the last piece of the line. */
async function inBash(bench: CliBench, line: string): Promise<string> {
  const { stdout } = await bench.runBare({ name: "nodepool", file: null }, "complete", "bash", "--", line);
  return stdout.trimEnd();
}

Deno.test("bash gets the piece that readline replaces, quoted as the line has begun to", async () => {
  await using bench = await openBench();
  const config = sampleConfig();
  const names = ["two words", "it's", "a:colon", "$x`y`"];
  const labels = names.map((name) => ({ ...config.labels[0]!, name }));
  bench.pool.current = sampleReport({ config: { ...config, labels } });
  const cases: readonly (readonly [string, string])[] = [
    ["nodepool acquire two", "two\\ words"],
    ["nodepool acquire two\\ w", "two\\ words"],
    ['nodepool acquire "two w', "two words"],
    ["nodepool acquire it", "it\\'s"],
    ["nodepool acquire 'it", "it'\\''s"],
    ["nodepool acquire a:", "colon"],
    ["nodepool acquire a\\:c", "a:colon"],
    ["nodepool list --label=a:co", "colon"],
    ["nodepool list --label=tw", "two\\ words"],
    ["nodepool acquire \\$", "\\$x\\`y\\`"],
    ['nodepool acquire "\\$', "\\$x\\`y\\`"],
    ["  nodepool   acquire   tw", "two\\ words"],
  ];
  for (const [line, piece] of cases) equal(await inBash(bench, line), piece, line);
});

Deno.test("every argument and option with a value has choices, or a source that says where its values come from", () => {
  const places: string[] = [];
  const { program } = buildProgram({ name: "nodepool", file: null }, {
    argv: [],
    wiring: {} as Wiring,
    io: systemIo,
  });
  const visit = (command: typeof program, above: string) => {
    const own = [
      ...command.options.filter(({ required, optional }) => required || optional).map((
        { long, argChoices },
      ) => ({ name: long!, argChoices })),
      ...command.registeredArguments.map((argument) => ({
        name: argument.name(),
        argChoices: argument.argChoices,
      })),
    ];
    for (const { name, argChoices } of own) {
      const isKnown = argChoices !== undefined || Object.hasOwn(valueSources, name) ||
        Object.hasOwn(valueSources, `${command.name()} ${name}`);
      if (!isKnown) places.push(`${above} ${command.name()} ${name}`);
    }
    for (const inner of command.commands) {
      if (inner.name() !== "complete") visit(inner as typeof program, command.name());
    }
  };
  visit(program, "");
  deepEqual(places, []);
});
