/** A key that a schema calls secret is hidden everywhere, though nothing else knows of it. */
import assert from "node:assert/strict";
import { diffConfig } from "../../src/config/diff_config.ts";
import { configJsonSchema } from "../../src/config/json_schema.ts";
import { maybe, secret } from "../../src/config/schema/fields.ts";
import { sectionAt } from "../../src/config/schema/section.ts";
import { configSection } from "../../src/config/schema/config_section.ts";
import { showConfig } from "../../src/config/config_view.ts";
import { faultsOf, parseAlone as parse } from "./fake_environment.ts";

const KEY = "vault-word";

/** Where sections are, the file's text before the new key in each. */
const PLACES = [
  { path: ["targets", 0, "jenkins"], before: "targets: [{name: t, jenkins: {", after: "}}]" },
  {
    path: ["providers", 0, "images", 0],
    before:
      "providers: [{name: p, cloud: my-cloud, max-servers: 1, images: [{name: i, base-image: b, min-ram: 1, ",
    after: "}]}]",
  },
  { path: ["diskimages", 0], before: "diskimages: [{name: d, elements: [vm], ", after: "}]" },
  { path: ["limits"], before: "limits: {", after: "}" },
] as const;

for (const { path, before, after } of PLACES) {
  const place = path.filter((step) => step !== 0).join(".");

  Deno.test(`a new secret key of ${place} is hidden wherever the configuration is shown`, async () => {
    using _key = withSecretKey(path);
    const text = (value: string) => `${before}${KEY}: ${value}${after}\n`;
    const [one, two] = [await parse(text("geheim-1")), await parse(text("geheim-2"))];

    assert.match(JSON.stringify(one.config), /geheim-1/, "it is in the configuration");
    const shown = showConfig(one.config);
    assert.match(shown, new RegExp(`${KEY}: "\\*\\*\\*"`));
    assert.ok(!shown.includes("geheim"), shown);

    const [line, ...more] = diffConfig(one.config, two.config);
    assert.match(line ?? "", new RegExp(`${KEY} changed$`));
    assert.deepEqual(more, []);

    assert.equal(one.holdsSecrets, true);
    assert.equal((await parse(text("null"))).holdsSecrets, false);

    const [fault] = await faultsOf(text("true"));
    assert.match(fault ?? "", /expected text, found a secret of the wrong type$/);
    const [, ofKey] = JSON.stringify(configJsonSchema()).split(`"${KEY}":`);
    assert.ok(
      ofKey?.startsWith('{"type":["string","number","null"],"writeOnly":true,'),
      ofKey?.slice(0, 100),
    );
  });
}

Deno.test("what no schema knows of is hidden", async () => {
  const { config } = await parse("labels: []");
  const shown = showConfig({ ...config, ...{ unforeseen: "geheim" } });
  assert.match(shown, /unforeseen: "\*\*\*"/);
});

Deno.test("what a cloud's login needs besides names and ids is hidden, whatever it is called", async () => {
  const { config } = await parse("providers: [{name: p, cloud: my-cloud, max-servers: 1}]");
  const [provider] = config.providers;
  const auth = { ...provider!.access.auth, passcode: "geheim" };
  const shown = showConfig({
    ...config,
    providers: [{ ...provider!, access: { ...provider!.access, auth } }],
  });
  assert.match(shown, /passcode: "\*\*\*"/);
  assert.match(shown, /password: "\*\*\*"/);
  assert.match(shown, /username: u/);
});

/** The schema of a section with one more key, until it is disposed of. */
function withSecretKey(path: readonly (string | number)[]): Disposable {
  const entries = sectionAt(configSection, path)!;
  entries[KEY] = maybe(secret(), "A secret.");
  return { [Symbol.dispose]: () => void delete entries[KEY] };
}
