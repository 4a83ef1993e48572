/**
 * An agent's `config.xml`: compared with what is asked for, and given another label. Only the text of the root's own
 * `<label>` changes, every other byte stays, so that nothing of what plugins keep there is lost. Pure; `jenkins_target`
 * calls it.
 */
import type { AgentRequest } from "../target.ts";
import { escapeXml, unescapeEntities } from "./entities.ts";

interface LabelChange {
  readonly xml: string;
  /** The label as it was. */
  readonly previous: string;
}

/** @throws Error where the text is no agent's configuration, with what is wrong */
export function changeLabel(xml: string, label: string): LabelChange {
  const found = findLabel(xml);
  const element = `<label>${escapeXml(label)}</label>`;
  if (found.label === null) {
    const at = xml.slice(0, found.rootEnd).trimEnd().length;
    return { xml: `${xml.slice(0, at)}\n  ${element}${xml.slice(at)}`, previous: "" };
  }
  const { start, end, isSelfClosing } = found.label;
  const text = isSelfClosing ? element : escapeXml(label);
  const previous = isSelfClosing ? "" : unescapeEntities(xml.slice(start, end));
  return { xml: xml.slice(0, start) + text + xml.slice(end), previous };
}

/**
 * Whether an agent's `config.xml` is what the request asks for: it leads to the same server, and has the same label.
 * @throws Error as `changeLabel`
 */
export function isConfigOf(xml: string, { host, port, hostKeys, label }: AgentRequest): boolean {
  const keys = textsOf("key", xml);
  return hostsOf(xml).includes(host) && textsOf("port", xml).includes(String(port)) &&
    (keys.length === 0 || hostKeys.some((hostKey) => keys.includes(hostKey.split(" ")[1]!))) &&
    changeLabel(xml, "").previous === (label ?? "");
}

/** Whether an agent's `config.xml` leads to that host, as far as it says where. */
export function leadsTo(xml: string, host: string): boolean {
  const hosts = hostsOf(xml);
  return hosts.length === 0 || hosts.includes(host);
}

export function hostsOf(xml: string): readonly string[] {
  return textsOf("host", xml);
}

/** The texts of the elements of that name that hold nothing else. */
function textsOf(name: string, xml: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text]) =>
    unescapeEntities(text!)
  );
}

/**
 * Comments, character data, instructions, and tags with their attributes. What is not ended goes on to the end of the
 * text, and no attribute holds a `<`: so each character is looked at a few times at most, whatever the text.
 */
const MARKUP =
  /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<\?[\s\S]*?(?:\?>|$)|<(\/?)([^\s\/<>!?]+)((?:[^<>"']|"[^"<]*"|'[^'<]*')*?)(\/?)>/g;

interface Found {
  /** Where its text is, or all of it where it is self-closing; null where the root has none. */
  readonly label: { readonly start: number; readonly end: number; readonly isSelfClosing: boolean } | null;
  /** Where the root's end tag begins. */
  readonly rootEnd: number;
}

function findLabel(xml: string): Found {
  const open: { name: string; contentStart: number }[] = [];
  let label: Found["label"] = null;
  for (const { 0: markup, 1: slash, 2: name, 4: selfClosing, index: start } of xml.matchAll(MARKUP)) {
    if (name === undefined) continue;
    const end = start + markup.length;
    if (open.length === 0 && name.toLowerCase() === "html") throw new Error("it is a web page");
    if (slash === "/") {
      const begun = open.pop();
      if (begun?.name !== name) throw new Error(`</${name}> closes an element that was not opened`);
      if (open.length === 0) return { label, rootEnd: start };
      if (open.length === 1 && name === "label") {
        label = { start: begun.contentStart, end: start, isSelfClosing: false };
      }
    } else if (selfClosing !== "/") {
      open.push({ name, contentStart: end });
    } else if (open.length === 1 && name === "label") {
      label = { start, end, isSelfClosing: true };
    }
  }
  throw new Error(open.length === 0 ? "it has no elements" : `<${open.at(-1)!.name}> is not closed`);
}
