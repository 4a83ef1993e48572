import { deepEqual } from "node:assert/strict";
import { fileURLToPath, pathToFileURL } from "node:url";
import plugin from "../../scripts/lint/house_rules.ts";

const here = fileURLToPath(new URL("../../", import.meta.url));

/** What the rule says of a file with that text. @param root the checkout's folder */
function findings(
  rule: string,
  text: string,
  { place = "src/lib/made_up.ts", root = here, rules = plugin } = {},
): string[] {
  return Deno.lint.runPlugin(rules, root + place, text)
    .filter(({ id }) => id === `nodepool/${rule}`).map(({ message }) => message);
}

Deno.test("a file that exports a name that another one exports is reported", () => {
  const message = "src/lib/clock.ts exports another Clock: give one of them a different name";
  deepEqual(findings("one-name-one-thing", "export interface Clock {}"), [message]);
  deepEqual(findings("one-name-one-thing", "class Clock {}\nexport { Clock };"), [message]);
  deepEqual(findings("one-name-one-thing", "export const { Clock } = all;"), [message]);
});

Deno.test("names that one file keeps for itself, and what it passes on from another, are no namesakes", () => {
  deepEqual(findings("one-name-one-thing", "interface Clock {}"), []);
  deepEqual(findings("one-name-one-thing", 'export type { Clock } from "./clock.ts";'), []);
  deepEqual(findings("one-name-one-thing", "export type Sundial = string;\nexport const Sundial = 1;"), []);
});

Deno.test("undici's fetch is reported, its request is not", () => {
  const message = "undici's fetch may miss an abort: use its request, or Deno's fetch";
  deepEqual(findings("no-fetch-of-undici", 'import { Agent, fetch as ask } from "undici";'), [message]);
  deepEqual(findings("no-fetch-of-undici", 'import { Agent, request } from "undici";'), []);
});

Deno.test("the rules go by places in the checkout, whatever the folders above it are called", async () => {
  const temporary = await Deno.makeTempDir({ prefix: "house-" });
  try {
    const root = `${temporary}/src/100% #1?/tests/`;
    for (const folder of ["scripts/lint", "src", "tests"]) {
      await Deno.mkdir(root + folder, { recursive: true });
    }
    for (const name of ["house_rules.ts", "import_index.ts"]) {
      await Deno.copyFile(`${here}scripts/lint/${name}`, `${root}scripts/lint/${name}`);
    }
    await Deno.writeTextFile(`${root}mod.ts`, "");
    const rules = (await import(pathToFileURL(`${root}scripts/lint/house_rules.ts`).href)).default;
    const at = (place: string) => ({ place, root, rules });
    const time = "Date.now outside src/lib: take a Clock or a Random instead";
    deepEqual(findings("time-and-chance", "Date.now();", at("tests/made_up.ts")), []);
    deepEqual(findings("time-and-chance", "Date.now();", at("src/plan/made_up.ts")), [time]);
    deepEqual(findings("imports-go-down", 'import "../ssh/shell.ts";', at("src/plan/made_up.ts")), [
      "src/plan must not import src/ssh/shell.ts",
    ]);
    deepEqual(findings("one-place-deletes", "cloud.deleteServer();", at("src/plan/made_up.ts")), [
      "deleteServer past src/execute/deletions.ts",
    ]);
    deepEqual(findings("unused-export", "export const made = 1;", at("mod.ts")), []);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
});
