/** Keys that Nodepool once had, wherever the file still has them. */
import { configSection } from "../schema/config_section.ts";
import { sectionAt, traitsOf } from "../schema/section.ts";
import type { YamlNode, YamlPath } from "../yaml_node.ts";
import type { Findings } from "./check_source.ts";

export function checkFormerKeys(node: YamlNode, findings: Findings, path: YamlPath = []): void {
  if (node.kind === "list") {
    node.items.forEach((item, index) => checkFormerKeys(item, findings, [...path, index]));
  }
  if (node.kind !== "mapping") return;
  const known = sectionAt(configSection, path) ?? {};
  for (const [key, { node: value }] of node.entries) {
    if (!Object.hasOwn(known, key)) continue;
    const why = traitsOf(known[key]).former;
    if (why === undefined) checkFormerKeys(value, findings, [...path, key]);
    else findings.warning([...path, key], `no effect: ${why}`);
  }
}
