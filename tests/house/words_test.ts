/**
 * What people read is plain English: the phrases that made readers stumble stand in no message, comment or page, and no
 * comment says "What this is" where it can name the thing.
 */
import { deepEqual } from "node:assert/strict";

const FILES = ["mod.ts", "README.md", "CHANGELOG.md", "config.example.yaml"];
const FOLDERS = ["src/", "scripts/"];
const READ = /\.(ts|js|md|sh|py|yaml)$|^[^.]+$/;

const PHRASES: ReadonlyMap<string, string> = new Map([
  ["is none", "there is no THING, without, not a THING"],
  ["told of", "learns of, notified about"],
  ["anew", "again"],
  ["so many", "a number of, that many, the number itself"],
  ["gone on with", "continued, resumed"],
  ["be had", "be available"],
  ["put together", "assembled, combined"],
  ["under way", "in progress, running"],
  ["in vain", "for nothing, without success"],
  ["unless it is said", "by default"],
]);

const root = new URL("../../", import.meta.url);

function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* filesBelow(`${folder}${name}/`);
    else if (READ.test(name)) yield `${folder}${name}`;
  }
}

/** One line, so that a phrase is found where a line breaks in it, even within a comment. */
function flat(text: string): string {
  return text.replace(/\n[ \t]*(\*(?!\/)|\/\/|#+|>)?[ \t]*/g, " ");
}

const texts = [...FILES, ...FOLDERS.flatMap((folder) => [...filesBelow(folder)])]
  .map((path) => ({ path, text: Deno.readTextFileSync(new URL(path, root)) }));

Deno.test("no message, comment or page has a phrase that makes readers stumble", () => {
  const found = texts.flatMap(({ path, text }) =>
    [...PHRASES].filter(([phrase]) => RegExp(`\\b${phrase}\\b`, "i").test(flat(text)))
      .map(([phrase, better]) => `${path}: "${phrase}"; better: ${better}`)
  );
  deepEqual(found, []);
});

Deno.test("no comment on a file, type or function begins with What", () => {
  const found = texts.filter(({ path }) => path.endsWith(".ts")).flatMap(({ path, text }) =>
    [...text.matchAll(/\/\*\*[ \t]*(?:\n[ \t]*\*)?[ \t]*(What\b[^\n]*)/g)].map(([, line]) =>
      `${path}: ${line}`
    )
  );
  deepEqual(found, []);
});
