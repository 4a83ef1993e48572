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
    stderr:
      "nodepool: the manual has no topic or section qouta; did you mean quota? (nodepool manual --search qouta)\n",
  });
});

Deno.test("manual --search lists the sections that have all words", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stdout } = await bench.run("manual", "--search", "quota", "full");
  assert.equal(code, 0);
  assert.match(stdout, /^nodepool manual quota: /);
  const none = await bench.run("manual", "--search", "xyzzy");
  assert.deepEqual([none.code, none.stderr], [
    1,
    "nodepool: no section of the manual has xyzzy: try fewer words\n",
  ]);
});

Deno.test("manual needs no configuration, no state and no daemon", async () => {
  const { code, stdout } = await runProgram(["-c", "/nowhere/nodepool.yaml", "manual", "quota"]);
  assert.equal(code, 0);
  assert.match(stdout, /^## /);
});

/** What the program prints on a terminal of 20 rows. */
async function onTerminal(command: string): Promise<string> {
  const { programCommand } = await import("../e2e/program.ts");
  const program = programCommand([]).map((word) => `'${word}'`).join(" ");
  const script = `stty cols 80 rows 20; ${command.replace("nodepool", program)}`;
  const { stdout } = await new Deno.Command("script", {
    args: ["-qec", `sh -c ${JSON.stringify(script)}`, "/dev/null"],
    env: { TERM: "xterm", NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout).replaceAll("\r", "");
}

testNeeding(["script"], "manual pages a long topic through PAGER, and a short one not at all", async () => {
  const long = await onTerminal("PAGER='head -n 2; echo paged' nodepool manual subnodes");
  assert.match(long, /Subnodes and ready scripts\n\npaged\n$/);
  const short = await onTerminal("PAGER='echo paged' nodepool manual paused");
  assert.doesNotMatch(short, /paged/);
  const without = await onTerminal("PAGER=no-such-pager nodepool manual subnodes");
  assert.match(without, /Subnodes and ready scripts\n/);
});
