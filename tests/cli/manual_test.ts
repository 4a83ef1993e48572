/** `nodepool manual`: list, topics, sections, search; on a terminal and piped. */
import assert from "node:assert/strict";
import { topics } from "../../src/manual/manual.ts";
import { runProgram } from "../e2e/program.ts";
import { testNeeding } from "../needs.ts";
import { CliBench } from "./run.ts";

Deno.test("manual lists its topics with their summaries", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stdout } = await bench.run("manual");
  assert.equal(code, 0);
  for (const { name, summary } of topics) {
    assert.match(stdout, new RegExp(`^  ${name} +${RegExp.escape(summary)}$`, "m"));
  }
});

Deno.test("manual prints a topic as Markdown where it is piped", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stdout } = await bench.run("manual", "concepts");
  assert.deepEqual([code, bench.paged], [0, ""]);
  assert.match(stdout, /^# .*\n\n/);
});

Deno.test("manual shows a topic a screen at a time on a terminal, without Markdown", async () => {
  await using bench = await CliBench.open({ daemon: false });
  bench.columns = 80;
  const { code, stdout } = await bench.run("manual", "troubleshooting", "quota");
  assert.deepEqual([code, stdout], [0, ""]);
  assert.ok(bench.paged.startsWith("\x1b[1m"));
  assert.doesNotMatch(bench.paged, /`|^#/m);
  bench.env["NO_COLOR"] = "1";
  await bench.run("manual", "quota");
  assert.ok(!bench.paged.includes("\x1b"));
});

Deno.test("manual knows sections and commands by name, of several words too", async () => {
  await using bench = await CliBench.open({ daemon: false });
  for (
    const words of [["quota"], ["acquire"], ["commands", "image-list"], ["state", "adopt"], ["state-adopt"]]
  ) {
    const { code, stdout } = await bench.run("manual", ...words);
    assert.deepEqual([code, stdout.slice(0, 3)], [0, "## "], words.join(" "));
  }
});

Deno.test("manual names the nearest name where there is none, and how to search", async () => {
  await using bench = await CliBench.open({ daemon: false });
  assert.deepEqual(await bench.run("manual", "qouta"), {
    code: 1,
    stdout: "",
    stderr: "nodepool: the manual has no topic or section qouta; did you mean quota?\n",
  });
});

Deno.test("manual names the sections that have the words where no name is near them", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const hint = async (...words: string[]) => {
    const { code, stderr } = await bench.run("manual", ...words);
    assert.equal(code, 1);
    return stderr.match(/^nodepool: the manual has no topic or section .*?[;] (.*)\n$/)?.[1];
  };
  assert.match(await hint("limits.idle") ?? "", /^see concepts, plan$/);
  assert.match(await hint("max-servers") ?? "", /^see .* and others: nodepool manual --search max-servers$/);
  assert.match(
    await hint("floating IPs") ?? "",
    /^see .* and others: nodepool manual --search 'floating IPs'$/,
  );
  assert.equal(await hint("xyzzy"), "run `nodepool manual` for the list");
});

Deno.test("manual --search lists the sections that have all words", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stdout } = await bench.run("manual", "--search", "quota", "full");
  assert.equal(code, 0);
  assert.match(stdout, /^nodepool manual quota: /);
  assert.deepEqual(await bench.run("manual", "quota", "--search", "full"), { code, stdout, stderr: "" });
  const phrase = await bench.run("manual", "--search", "put the copy in its place");
  assert.match(phrase.stdout, /^nodepool manual lost-state: /);
  const none = await bench.run("manual", "--search", "xyzzy");
  assert.deepEqual([none.code, none.stderr], [
    1,
    "nodepool: no section of the manual has xyzzy; try other or fewer words\n",
  ]);
});

Deno.test("manual needs no configuration, no state and no daemon", async () => {
  const { code, stdout } = await runProgram(["-c", "/nowhere/nodepool.yaml", "manual", "quota"]);
  assert.equal(code, 0);
  assert.match(stdout, /^## /);
});

Deno.test("manual's list and what a search finds fit the terminal", async () => {
  await using bench = await CliBench.open({ daemon: false });
  bench.columns = 60;
  await bench.run("manual");
  assert.match(bench.paged, /^ {2}start {12}Keeps a pool of ready, .*\n {19}\S/m);
  const list = bench.paged;
  await bench.run("manual", "--search", "quota");
  assert.match(bench.paged, /nodepool manual quota: /);
  const lines = (list + bench.paged).split("\n");
  assert.deepEqual(lines.filter((line) => line.length > 60), []);
});

/** What the program prints on a terminal of 20 rows. */
async function onTerminal(command: string): Promise<string> {
  const { programCommand, programEnvironment } = await import("../e2e/program.ts");
  const program = programCommand([]).map((word) => `'${word}'`).join(" ");
  const { stdout } = await new Deno.Command("script", {
    args: ["-qec", `stty cols 80 rows 20; ${command.replace("nodepool", program)}`, "/dev/null"],
    clearEnv: true,
    env: programEnvironment({ TERM: "xterm", NO_COLOR: "1", SHELL: "/bin/sh" }),
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout).replaceAll("\r", "");
}

testNeeding(["script"], "manual pages a long topic through PAGER, and a short one not at all", async () => {
  const long = await onTerminal("PAGER='head -n 2; echo paged' nodepool manual subnodes");
  assert.match(long, /Subnodes and ready scripts\n\npaged\n$/);
  const short = await onTerminal("PAGER='echo paged' nodepool manual paused");
  assert.doesNotMatch(short, /paged$/);
});

for (const pager of ["no-such-pager", "/etc/passwd", "a ( b", '"', "/"]) {
  testNeeding(["script"], `manual shows all of a topic where PAGER cannot be run: ${pager}`, async () => {
    const text = await onTerminal(`PAGER='${pager}' nodepool manual subnodes`);
    assert.match(text, /Subnodes and ready scripts\n[^]*ready without\s+them\.\n$/);
  });
}

testNeeding(["script"], "manual takes less where PAGER is not set, empty or blank", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/less`, '#!/bin/sh\nhead -n 1\necho "paged, $LESS $LESSCHARSET"\n', {
      mode: 0o755,
    });
    for (const pager of ["env -u PAGER", "PAGER=", "PAGER=' '"]) {
      const text = await onTerminal(`PATH='${folder}':"$PATH"; ${pager} nodepool manual subnodes`);
      assert.ok(text.endsWith("Subnodes and ready scripts\npaged, FRX utf-8\n"), pager);
    }
    const dumb = await onTerminal(`PATH='${folder}':"$PATH"; TERM=dumb nodepool manual subnodes`);
    assert.doesNotMatch(dumb, /paged/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("manual ends quietly where its reader has seen enough", async () => {
  const { programCommand } = await import("../e2e/program.ts");
  const program = programCommand(["manual", "commands"]).map((word) => `'${word}'`).join(" ");
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", `${program} | head -n 1; echo "\${PIPESTATUS[0]}"; ${program} | true`],
  }).output();
  assert.deepEqual([stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)), ["# Commands\n0\n", ""]);
});
