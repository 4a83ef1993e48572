/** config.example.yaml is right, complete, and says the true defaults. */
import assert from "node:assert/strict";
import * as v from "valibot";
import { readYaml } from "../../src/config/read_yaml.ts";
import { configSection } from "../../src/config/schema/config_section.ts";
import { sectionAt, traitsOf } from "../../src/config/schema/section.ts";
import { nodeAt, type YamlNode, type YamlPath } from "../../src/config/yaml_node.ts";
import { parse } from "./fake_environment.ts";

const text = await Deno.readTextFile(new URL("../../config.example.yaml", import.meta.url));

/** Prose comments have one blank after `#`; commented-out keys have none, or their own indentation. */
const uncommented = text.replace(/^#(?! ?\S| *$)/gm, "").replace(/^#(?=\S)/gm, "");

Deno.test("config.example.yaml loads as it is: the simplest configuration", async () => {
  const { config, warnings } = await parse(text);
  assert.deepEqual(warnings, []);
  assert.equal(config.labels.length, 1);
  const [image] = config.providers[0]!.images;
  assert.deepEqual([image!.baseImage, image!.setup, image!.diskimage], ["debian-12", null, null]);
});

Deno.test("config.example.yaml loads with every key uncommented", async () => {
  const scripts = ["configure_mirror.sh", "check_image.sh", "prepare_node.sh"];
  const files = Object.fromEntries(scripts.map((name) => [`/etc/nodepool/scripts/${name}`, ""]));
  const { config, warnings } = await parse(uncommented, {
    files: { ...files, "/etc/nodepool/elements": "" },
  });
  assert.equal(config.diskimages.length, 2);
  assert.equal(config.targets[0]!.jenkins?.testJob, "node-test");
  assert.deepEqual(warnings.map(({ path }) => path), [
    "providers[0].images[0].min-ram",
    "providers[0].images[0].name-filter",
    "providers[0].images[0].volume-size",
  ]);
});

Deno.test("config.example.yaml has every key that there is", () => {
  const root = rootOf(uncommented);
  const missing = knownKeys([]).filter((path) => !found(root, path));
  assert.deepEqual(missing.map((path) => path.join(".")), []);
});

Deno.test("config.example.yaml shows every default as it is", () => {
  const root = rootOf(uncommented);
  for (const path of knownKeys([])) {
    const schema = sectionAt(configSection, path.slice(0, -1))![String(path.at(-1))] as v.GenericSchema;
    const fallback = "default" in schema ? schema.default : undefined;
    if (fallback === undefined || typeof fallback === "object") continue;
    const shown = everyNode(root, path).map((node) =>
      node.kind === "scalar" ? v.parse(schema, node.value) : null
    );
    const wanted = v.parse(schema, fallback);
    assert.ok(shown.some((value) => sameData(value, wanted)), `${path.join(".")}: ${fallback} is not shown`);
  }
});

/** Lists stand as 0 in these paths. */
function knownKeys(path: YamlPath): YamlPath[] {
  const entries = sectionAt(configSection, path);
  if (entries === null) return [];
  const inForce = Object.entries(entries).filter(([, entry]) => traitsOf(entry).former === undefined);
  return inForce.flatMap(([key]) => {
    const here = [...path, key];
    return [here, ...knownKeys(here), ...knownKeys([...here, 0])];
  });
}

function everyNode(node: YamlNode | null, path: YamlPath): YamlNode[] {
  if (node === null) return [];
  const [step, ...rest] = path;
  if (step === undefined) return [node];
  if (step === 0 && node.kind === "list") return node.items.flatMap((item) => everyNode(item, rest));
  return everyNode(nodeAt(node, [step]), rest);
}

function found(root: YamlNode, path: YamlPath): boolean {
  return everyNode(root, path).length > 0;
}

function rootOf(yaml: string): YamlNode {
  const { root, problems } = readYaml(yaml, "config.example.yaml");
  assert.deepEqual(problems, []);
  return root!;
}

function sameData(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
