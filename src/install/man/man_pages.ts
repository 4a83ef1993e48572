/**
 * The man pages: nodepool(1) and one for each command, from the commands themselves and what the manual says of each;
 * nodepool.yaml(5), and each other topic of the manual in section 7. `man nodepool acquire` finds its page as `man
 * nodepool-acquire` does.
 */
import { topics } from "../../manual/manual.ts";
import type { Section, Topic } from "../../manual/parse_topic.ts";
import type { InstalledFile } from "../place_files.ts";
import { renderMan } from "./render_man.ts";
import { roffCode, roffLine, roffText } from "./roff.ts";

/** A command as its help explains it. */
export interface CommandHelp {
  readonly name: string;
  readonly description: string;
  /** Such as `Nodes:`. */
  readonly group: string;
  /** With the program's name. */
  readonly usage: string;
  readonly options: readonly { readonly flags: string; readonly description: string }[];
  /** Lines of a shell. */
  readonly examples: readonly string[];
}

const reference = topics.find(({ name }) => name === "commands")!;
/** The first page needs no installation any more, the others are pages of other sections. */
const ELSEWHERE = ["start", "commands", "configuration", "settings"];
const essays = topics.filter(({ name }) => !ELSEWHERE.includes(name));

export function manPages(
  commands: readonly CommandHelp[],
  { version }: { version: string },
): readonly InstalledFile[] {
  const page = (
    name: string,
    { section, about, body }: { section: number; about: string; body: string },
  ) => ({
    path: `share/man/man${section}/${name}.${section}`,
    text:
      `.TH "${roffCode(name.toUpperCase())}" "${section}" "" "nodepool ${
        roffCode(version)
      }" "nodepool"\n.ad l\n` +
      `.SH NAME\n${roffCode(name)} \\- ${roffText(about)}\n${body}`,
  });
  return [
    page("nodepool", {
      section: 1,
      about: "keeps a pool of ready, single-use servers on OpenStack clouds",
      body: programBody(commands),
    }),
    ...commands.map((command) =>
      page(`nodepool-${command.name}`, { section: 1, about: command.description, body: commandBody(command) })
    ),
    page("nodepool.yaml", { section: 5, about: "the configuration of nodepool", body: settingsBody() }),
    ...essays.map((topic) =>
      page(`nodepool-${topic.name}`, { section: 7, about: sentence(topic.summary), body: topicBody(topic) })
    ),
    ...["nodepoold", "nodepool-builder"].map((name) => ({
      path: `share/man/man8/${name}.8`,
      text: ".so man7/nodepool-install.7\n",
    })),
  ];
}

function programBody(commands: readonly CommandHelp[]): string {
  const intro = reference.text.slice(0, reference.text.indexOf("\n## ")).replace(
    /^#.*\n\n.*\n\n {4}.*\n/,
    "",
  );
  const groups = Map.groupBy(commands, ({ group }) => group);
  const lists = [...groups].map(([group, members]) =>
    `.SS "${roffText(group.replace(/:$/, ""))}"\n${
      members.map(({ name, description }) =>
        `.TP\n\\fBnodepool\\-${roffCode(name)}\\fR(1)\n${roffLine(roffText(description))}\n`
      ).join("")
    }`
  );
  return `.SH SYNOPSIS\n\\fBnodepool\\fR [\\fB\\-c\\fR \\fIFILE\\fR] [\\fB\\-s\\fR \\fIFILE\\fR] [\\fB\\-l\\fR \\fIFILE\\fR] ` +
    `[\\fB\\-\\-debug\\fR] \\fICOMMAND\\fR\n.SH DESCRIPTION\n${
      renderMan(intro, { topic: "commands", pageOf })
    }` +
    `.SH COMMANDS\n${lists.join("")}${
      seeAlso(["nodepool.yaml(5)", ...essays.map(({ name }) => `nodepool-${name}(7)`)])
    }`;
}

/** An option's line in the manual says more than its help, where it has one. */
const OPTION_LINE = /^- `((?:-\w, )?--[^`]+)`:? ((?:.*\n?(?!- |\n))*.*\n?)/gm;

function commandBody({ name, usage, options, examples }: CommandHelp): string {
  const text =
    reference.sections.find((section) => commandOf(section) === name)?.text.replace(/^##.*\n/, "") ?? "";
  const told = new Map(
    [...text.matchAll(OPTION_LINE)].map(([, flags, about]) => [flags!.split(/[ ,]/)[0]!, about!]),
  );
  const prose = text.replaceAll(OPTION_LINE, "");
  const render = (markdown: string) =>
    renderMan(markdown, { topic: "commands", pageOf: (target) => pageOf(target, name) });
  const lines = options.map(({ flags, description }) => {
    const about = told.get(flags.split(/[ ,]/)[0]!);
    const body = about === undefined
      ? `${roffLine(roffText(description))}\n`
      : render(about).replace(/^\.PP\n/, "");
    return `.TP\n${usageText(flags)}\n${body}`;
  });
  return `.SH SYNOPSIS\n${usageText(usage)}\n.SH DESCRIPTION\n${render(prose)}.SH OPTIONS\n${
    lines.join("")
  }` +
    `.SH EXAMPLE\n.EX\n${examples.map((line) => `${roffLine(roffCode(line))}\n`).join("")}.EE\n${
      seeAlso(["nodepool(1)"])
    }`;
}

function settingsBody(): string {
  const [configuration, settings] = ["configuration", "settings"].map((wanted) =>
    topics.find(({ name }) => name === wanted)!
  );
  return `${topicBody(configuration!)}.SH SETTINGS\n${
    renderMan(settings!.text, { topic: "settings", pageOf })
  }`;
}

function topicBody({ name, text }: Topic): string {
  return `.SH DESCRIPTION\n${
    renderMan(text, { topic: name, pageOf: (target) => target.topic === name ? null : pageOf(target) })
  }` +
    seeAlso(["nodepool(1)"]);
}

/** The command that the section's heading has: `state COMMAND`. */
function commandOf({ title }: Section): string | undefined {
  return title.match(/^`([\w-]+)/)?.[1];
}

/** @param own the command whose page has the link */
function pageOf({ topic, section }: { topic: string; section: string | null }, own?: string): string | null {
  if (topic === "commands") {
    const found = reference.sections.find(({ names }) => section !== null && names.includes(section));
    const command = found && commandOf(found);
    return command === undefined ? "nodepool(1)" : command === own ? null : `nodepool-${command}(1)`;
  }
  if (topic === "configuration" || topic === "settings") return "nodepool.yaml(5)";
  return essays.some(({ name }) => name === topic) ? `nodepool-${topic}(7)` : null;
}

function usageText(usage: string): string {
  return usage.split(" ").map((word) =>
    /^[[<]/.test(word) ? `\\fI${roffCode(word)}\\fR` : `\\fB${roffCode(word)}\\fR`
  ).join(" ");
}

function seeAlso(pages: readonly string[]): string {
  const names = pages.map((page) =>
    page.replace(/^(.*)(\(\d\))$/, (_, name, section) => `\\fB${roffCode(name)}\\fR${section}`)
  );
  return `.SH "SEE ALSO"\n${names.join(", ")}\n`;
}

/** As the NAME of a page has it: no sentence. */
function sentence(summary: string): string {
  const text = summary.replaceAll(/\[([^\]]*)\]\([^)]*\)|[`*]/g, "$1").replace(/\.$/, "");
  return /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}
