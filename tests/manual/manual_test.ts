/** The manual as data: every topic and section has a name of its own that leads to it. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { linkedSections } from "../../src/domain/see_manual.ts";
import { findInManual, topics } from "../../src/manual/manual.ts";
import { searchManual } from "../../src/manual/search_manual.ts";
import { topicTexts } from "../../src/manual/topics.ts";

Deno.test("each file of the manual is a topic, with a title and a summary of one line", () => {
  const files = [...Deno.readDirSync(new URL("../../src/manual", import.meta.url))].map(({ name }) => name)
    .filter((name) => name.endsWith(".md")).map((name) => name.replace(".md", ""));
  assert.deepEqual(Object.keys(topicTexts).sort(), [...files, "start", "settings"].sort());
  for (const { name, text, summary } of topics) {
    assert.match(text, /^# .+\n\n.+\n\n/, name);
    assert.ok(summary.length <= 130 && /^[A-Z].*\.$/.test(summary), `${name}: ${summary}`);
  }
});

Deno.test("no two topics or sections of the manual share a name", () => {
  const names = topics.flatMap((
    { name, sections },
  ) => [name, ...sections.flatMap(({ names }) => [...new Set(names)])]);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  assert.deepEqual(twice, []);
});

Deno.test("every name leads to its section, alone and after its topic's", () => {
  for (const topic of topics) {
    assert.deepEqual(findInManual([topic.name]), { topic, section: null });
    for (const section of topic.sections) {
      for (const name of section.names) {
        assert.equal(findInManual([name])?.section?.title, section.title, name);
        assert.equal(findInManual([topic.name, name])?.section?.title, section.title, name);
      }
    }
  }
});

Deno.test("a section of the manual ends where the next one begins", () => {
  const { section } = findInManual(["quota"])!;
  assert.match(section!.text, /^## .*\n\n/);
  assert.equal(section!.text.match(/^## /gm)!.length, 1);
});

Deno.test("readers of the manual see neither anchors nor words for tests", () => {
  for (const { name, text } of topics) {
    assert.doesNotMatch(text, /<a id=/, name);
    assert.doesNotMatch(text, /^```\w+ \w/m, name);
  }
});

Deno.test("the README's picture is there, and is no part of the manual", async () => {
  const [, path] = topicTexts["start"]!.match(/^!\[[^\]]+\]\(([^)]+\.png)\)$/m)!;
  const { size } = await Deno.stat(new URL(`../../${path}`, import.meta.url));
  assert.ok(size > 10_000 && size < 150_000, `${size} bytes`);
  assert.doesNotMatch(topics.map(({ text }) => text).join("\n"), /^!\[/m);
});

Deno.test("a search of the manual finds sections that have all words, in any case", () => {
  const hits = searchManual(["NOVA", "cells"]);
  assert.deepEqual(hits.map(({ name }) => name), ["missing-servers"]);
  assert.equal(searchManual(["quota"])[0]!.name, "quota");
  assert.deepEqual(searchManual(["no such words"]), []);
});

Deno.test("each section of the manual that a message names is there", () => {
  for (const name of linkedSections) assert.ok(findInManual([name])?.section?.names.includes(name), name);
});

Deno.test("each section that messages may name is named by one", async () => {
  const source = fileURLToPath(new URL("../../src", import.meta.url));
  const texts: string[] = [];
  const readFolder = async (folder: string) => {
    for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) await readFolder(`${folder}/${name}`);
      else if (isFile && name.endsWith(".ts") && name !== "see_manual.ts") {
        texts.push(await Deno.readTextFile(`${folder}/${name}`));
      }
    }
  };
  await readFolder(source);
  const all = texts.filter((text) => /seeManual|PoolProblem/.test(text)).join("\n");
  assert.deepEqual(linkedSections.filter((name) => !all.includes(`"${name}"`)), []);
});
