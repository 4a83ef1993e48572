/** Keys that can be judged by themselves, wherever they are in the file: those that Nodepool once had, and paths. */
import { configSection } from "../schema/config_section.ts";
import { sectionAt, traitsOf } from "../schema/section.ts";
import type { YamlNode, YamlPath } from "../yaml_node.ts";
import type { Findings } from "./check_source.ts";

/** @param told paths that need not be told again */
export function checkKeys(
  node: YamlNode,
  findings: Findings,
  { path = [], told = new Set() }: { path?: YamlPath; told?: Set<string> } = {},
): void {
  const goOn = (next: YamlNode, step: string | number) =>
    checkKeys(next, findings, { path: [...path, step], told });
  if (node.kind === "list") node.items.forEach(goOn);
  if (node.kind !== "mapping") return;
  const known = sectionAt(configSection, path) ?? {};
  for (const [key, { node: value }] of node.entries) {
    if (!Object.hasOwn(known, key)) continue;
    const { former, paths } = traitsOf(known[key]);
    if (former !== undefined) findings.warning([...path, key], `no effect: ${former}`);
    else if (paths === undefined || value.kind !== "scalar") goOn(value, key);
    else {
      for (const one of paths === "several" ? value.source.split(":") : [value.source]) {
        if (!told.has(one)) checkPath(one, findings.at(...path, key));
        told.add(one);
      }
    }
  }
}

/** Tells a path that leads to another place for each directory that a command or the daemon runs in. */
function checkPath(text: string, findings: Findings): void {
  const advice = "write the whole path, or one that begins with ~/";
  if (/\$|^~[^/]/.test(text)) {
    findings.warning([], `${text} is used as written: only ~/ is expanded in paths; ${advice}`);
  } else if (!/^(?:$|\/|~|etcd:|[a-z]+:\/\/)/i.test(text)) {
    findings.notice(
      [],
      `${text} is relative to the directory in which the daemon or the command runs; ${advice}`,
    );
  }
}
