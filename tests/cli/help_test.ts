import assert from "node:assert/strict";
import { displayWidth } from "../../src/lib/display_width.ts";
import { CliBench } from "./run.ts";

async function helpOf(bench: CliBench, ...argv: string[]): Promise<string> {
  return (await bench.run(...argv, "--help")).stdout;
}

function commandsIn(help: string): string[] {
  const [, groups] = help.split(/^(?=Nodes:)/m);
  return [...groups!.split("\nExample:")[0]!.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name!);
}

Deno.test("--help shows the commands in groups, and each command is in one", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const help = await helpOf(bench);
  const groups = [...help.matchAll(/^(\S.*):$/gm)].map(([, name]) => name);
  assert.deepEqual(groups, ["Options", "Nodes", "Images", "Jobs", "Pool", "Tools", "Example", "Exit codes"]);
  const commands = commandsIn(help);
  assert.equal(new Set(commands).size, commands.length);
  assert.equal(commands.indexOf("acquire") < commands.indexOf("image-list"), true);
});

Deno.test("every help says what the exit codes mean", async () => {
  await using bench = await CliBench.open({ daemon: false });
  for (const command of [[], ["list"], ["state", "adopt"]]) {
    assert.match(await helpOf(bench, ...command), /\nExit codes:\n {2}0 +done\n {2}1 +failed.*\n {2}2 /);
  }
});

Deno.test("helps fit 80 columns where they are piped, examples too, and break between words on any terminal", async () => {
  await using bench = await CliBench.open({ daemon: false });
  for (const command of ["", ...commandsIn(await helpOf(bench))]) {
    if (command === "help") continue;
    const argv = command === "" ? [] : [command];
    bench.columns = 500;
    const long = await helpOf(bench, ...argv);
    const [, example] = long.split("\nExample:\n");
    for (const line of example!.split("\n")) assert.equal(line.length <= 80, true, line);
    for (const columns of [null, 80, 40]) {
      bench.columns = columns;
      const help = await helpOf(bench, ...argv);
      assert.deepEqual(help.split(/\s+/), long.split(/\s+/));
      for (const line of help.split("\n")) {
        assert.equal(displayWidth(line) <= (columns ?? 80) || !line.trim().includes(" "), true, line);
      }
    }
  }
});

Deno.test("each command that --help shows is there, whatever stands before it", async () => {
  await using bench = await CliBench.open({ daemon: false });
  for (const command of commandsIn(await helpOf(bench))) {
    for (const before of [[], ["--debug"], ["-s", "list"], ["--secure=x", "-l", "status"]]) {
      if (command === "help" || command === "ssh") continue;
      const { code, stderr } = await bench.run(...before, command, "--no-such-option");
      // What 2 of plan says is no error.
      assert.equal(code, command === "plan" ? 1 : 2, command);
      assert.match(stderr, /unknown option '--no-such-option'/, `${before.join(" ")} ${command}`);
    }
  }
  const { stderr } = await bench.run("-s", "list", "statsu");
  assert.match(stderr, /unknown command 'statsu' \(Did you mean status\?\)/);
  assert.match((await bench.run("-s", "list")).stderr, /^ {2}status /m);
});
