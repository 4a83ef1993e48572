import { deepEqual } from "node:assert/strict";
import plugin from "../../scripts/lint/house_rules.ts";

/** What the rule says of a file of the program with that text. */
function findings(rule: string, text: string): string[] {
  const path = decodeURIComponent(new URL("../../src/lib/made_up.ts", import.meta.url).pathname);
  return Deno.lint.runPlugin(plugin, path, text)
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
