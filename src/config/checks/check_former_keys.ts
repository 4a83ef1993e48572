/** Keys that Nodepool once had, wherever the file still has them. */
import { configSection } from "../schema/config_section.ts";
import { sectionAt, traitsOf } from "../schema/section.ts";
import type { YamlNode, YamlPath } from "../yaml_node.ts";
import type { CheckSource, Findings } from "./check_source.ts";

export function checkFormerKeys({ root }: CheckSource, findings: Findings): void {
  visit(root, { path: [], findings });
}

function visit(node: YamlNode, { path, findings }: { path: YamlPath; findings: Findings }): void {
  if (node.kind === "list") {
    node.items.forEach((item, index) => visit(item, { path: [...path, index], findings }));
  }
  if (node.kind !== "mapping") return;
  const known = sectionAt(configSection, path) ?? {};
  for (const [key, { node: value }] of node.entries) {
    if (!Object.hasOwn(known, key)) continue;
    const why = traitsOf(known[key]).former;
    if (why === undefined) visit(value, { path: [...path, key], findings });
    else findings.warning([...path, key], `no effect: ${why}`);
  }
}
