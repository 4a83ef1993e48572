/** The man pages, as man and groff take them: without a warning, and with all that the manual says. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { basename } from "node:path";
import { renderMan } from "../../src/install/man/render_man.ts";
import { roffCode } from "../../src/install/man/roff.ts";
import { topicTexts } from "../../src/manual/topics.ts";
import { CliBench } from "../cli/run.ts";
import { testNeeding } from "../needs.ts";
import { inlineCode } from "../readme/document.ts";

async function openPages() {
  const bench = await CliBench.open({ daemon: false });
  await bench.run("install-files", `${bench.folder}/usr`);
  const folder = `${bench.folder}/usr/share/man`;
  const pages = [...Deno.readDirSync(folder)].flatMap(({ name: section }) =>
    [...Deno.readDirSync(`${folder}/${section}`)].map(({ name }) => `${folder}/${section}/${name}`)
  ).sort();
  return { bench, folder, pages, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

async function run(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const output = await new Deno.Command(program, { args: [...args], env: { LC_ALL: "C.UTF-8", ...env } })
    .output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code: output.code, stdout: stdout!, stderr: stderr! };
}

const flat = (text: string) => text.replaceAll(/\s+/g, " ");

testNeeding(["groff"], "groff has no warning about any man page", async () => {
  await using place = await openPages();
  const { code, stderr } = await run("groff", [
    "-man",
    "-Tutf8",
    "-ww",
    "-z",
    ...place.pages.filter((page) => !page.endsWith(".8")),
  ]);
  deepEqual([code, stderr], [0, ""]);
});

testNeeding(
  ["man"],
  "man shows each kind of page without a warning, and finds all names and what they are about",
  async () => {
    await using place = await openPages();
    for (
      const page of [
        "man1/nodepool.1",
        "man1/nodepool-list.1",
        "man5/nodepool.yaml.5",
        "man7/nodepool-jobs.7",
      ]
    ) {
      const { code, stdout, stderr } = await run("man", [
        "--warnings",
        "-E",
        "UTF-8",
        "-l",
        `${place.folder}/${page}`,
      ], { MANPAGER: "cat", MANWIDTH: "80" });
      deepEqual([code, stderr], [0, ""], page);
      match(stdout, /^NODEPOOL[^]*\nNAME\n +nodepool\S* - [^]*\nSEE ALSO\n/);
    }
    const own = place.pages.filter((page) => !page.endsWith(".8"));
    const { stdout } = await run("lexgrog", own);
    const names = [...stdout.matchAll(/^.*: "(\S+) - .+"$/gm)].map(([, name]) => name);
    deepEqual(names.sort(), own.map((page) => basename(page).replace(/\.\d$/, "")).sort());
  },
);

testNeeding(
  ["man"],
  "man finds a command's page by the command, and the daemon's by its name of 2016",
  async () => {
    await using place = await openPages();
    const show = async (...words: string[]) =>
      flat((await run("man", ["-M", place.folder, ...words], { MANPAGER: "cat" })).stdout);
    match(await show("nodepool", "acquire"), /NAME nodepool-acquire - take ready nodes/);
    match(await show("nodepoold"), /NAME nodepool-install - /);
  },
);

testNeeding(
  ["groff"],
  "nothing that the manual sets in code is lost or changed in the man pages",
  async () => {
    await using place = await openPages();
    const pageOf: Record<string, string> = { configuration: "man5/nodepool.yaml.5" };
    for (const [topic, text] of Object.entries(topicTexts)) {
      if (["start", "settings", "commands"].includes(topic)) continue;
      const page = `${place.folder}/${pageOf[topic] ?? `man7/nodepool-${topic}.7`}`;
      const shown = flat((await run("groff", ["-man", "-Tutf8", "-P-cbou", page])).stdout);
      const missing = inlineCode(text).filter((code) => !shown.includes(flat(code)));
      deepEqual(missing, [], `${topic}: ${missing}`);
    }
  },
);

Deno.test("each command has a man page with its options, and nodepool(1) lists it", async () => {
  await using place = await openPages();
  const { stdout: help } = await place.bench.run("--help");
  const commands = [
    ...help.split("\nExample")[0]!.slice(help.indexOf("\nNodes:")).matchAll(/^ {2}([a-z][a-z-]*) /gm),
  ].map((
    [, name],
  ) => name!);
  const program = await Deno.readTextFile(`${place.folder}/man1/nodepool.1`);
  ok(commands.length > 30);
  for (const command of commands) {
    ok(program.includes(`\\fBnodepool\\-${roffCode(command)}\\fR(1)`), command);
    const page = await Deno.readTextFile(`${place.folder}/man1/nodepool-${command}.1`);
    const { stdout } = await place.bench.run(command, ...command === "help" ? ["help"] : ["--help"]);
    for (const [, option] of stdout.split("\nExample")[0]!.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)) {
      const isGlobal = program.includes(`\\fB${roffCode(option!)}\\fR`) ||
        /--(config|secure|logconfig|debug|version)/.test(option!);
      ok(isGlobal || page.includes(roffCode(option!)), `${command} ${option}`);
    }
  }
});

testNeeding(
  ["groff"],
  "what roff would take for a request, an escape or another sign is shown as it is written",
  async () => {
    const markdown = [
      ".TH in a paragraph, and\n'quoted' at a line's begin",
      "a \\n back\\\\slash, `C:\\dir`, `--long-option`, `'it''s'`, `~/^x`, `\"q\"` and …",
      "- .item\n- `.tag`, `-x`: a tag\n  - inner one\n\n1. one\n2. two",
      "```\n.sp 5\n'br\n\\fBcode  two\\fR --x\n```",
      "| a | b | c |\n| --- | --- | --- |\n|  | `.x` | 'y |",
    ].join("\n\n");
    const body = renderMan(`# T\n\n${markdown}\n`, { topic: "jobs", pageOf: () => null });
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/t.1`, `.TH T 1\n.ad l\n${body}`);
      const { stdout, stderr } = await run("groff", ["-man", "-Tutf8", "-P-cbou", "-ww", `${folder}/t.1`]);
      equal(stderr, "");
      const shown = flat(stdout);
      for (
        const text of [
          ".TH in a paragraph, and 'quoted' at",
          "back\\slash, C:\\dir, --long-option, 'it''s', ~/^x, \"q\" and …",
          ".item",
          ".tag, -x a tag",
          "inner one",
          "1. one",
          ".sp 5 'br \\fBcode two\\fR --x",
          "b: .x",
          "c: 'y",
        ]
      ) {
        ok(shown.includes(text), `${text} in ${shown}`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
