/** Whatever the text, loading ends in a configuration or in a ConfigError. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { codePoint } from "../code_point.ts";
import { ConfigError } from "../../src/config/config_error.ts";
import { parseSecureFile } from "../../src/config/secure_file.ts";
import { configSection } from "../../src/config/schema/config_section.ts";
import { sectionAt } from "../../src/config/schema/section.ts";
import { parseAlone as parse } from "./fake_environment.ts";

async function endsWell(text: string): Promise<void> {
  try {
    const { config } = await parse(text);
    assert.ok(Object.isFrozen(config));
  } catch (error) {
    assert.ok(error instanceof ConfigError, `${error} for ${JSON.stringify(text)}`);
    assert.ok(error.problems.length > 0);
    for (const { file, message } of error.problems) assert.ok(file !== "" && message !== "");
  }
}

/** Text made of what YAML is made of, so that much of it parses. */
const yamlish = fc.array(
  fc.constantFrom(
    ..."labels:|providers:|name:|- |  |\n|\n  |\n    |: |[|]|{|}|,|&a|*a|<<:|!!int|\t|#|'|\"|~|---|%|@|1|x|__proto__|?|>|\u00e4"
      .split("|"),
    "|",
  ),
  { maxLength: 60 },
).map((parts) => parts.join(""));

const keys = [
  ...new Set([
    ...Object.keys(sectionAt(configSection, [])!),
    ...Object.keys(sectionAt(configSection, ["labels", 0])!),
    ...Object.keys(sectionAt(configSection, ["providers", 0])!),
    ...Object.keys(sectionAt(configSection, ["providers", 0, "images", 0])!),
    ...Object.keys(sectionAt(configSection, ["targets", 0])!),
    ...["__proto__", "constructor", "toString", "0", ""],
  ]),
];

/** Data with the schema's own keys in wrong and right places. */
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false, 0, -1, 1.5, "", "x", "my-cloud", "p", "5m", "* * * * *", "https://k"),
    fc.string({ maxLength: 8 }),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.array(fc.tuple(fc.constantFrom(...keys), tie("tree")), { maxLength: 6 }).map((entries) =>
      new Map(entries)
    ),
  ),
}));

const topLevel = fc.array(
  fc.tuple(fc.constantFrom(...Object.keys(sectionAt(configSection, [])!)), tree),
  { maxLength: 5 },
).map((entries) => new Map(entries));

Deno.test("parseConfig() never throws anything but a ConfigError, whatever the characters", async () => {
  await fc.assert(fc.asyncProperty(fc.oneof(yamlish, fc.string({ unit: codePoint })), endsWell), {
    numRuns: 400,
  });
});

Deno.test("parseConfig() never throws anything but a ConfigError, whatever the data", async () => {
  await fc.assert(fc.asyncProperty(topLevel, (data) => endsWell(stringify(data))), { numRuns: 400 });
});

Deno.test("parseSecureFile() never throws anything but a ConfigError", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'[]=: \njenkins"a#;'), maxLength: 60 }), (text) => {
      try {
        parseSecureFile(text, "secure.conf");
      } catch (error) {
        assert.ok(error instanceof ConfigError);
      }
    }),
  );
});
