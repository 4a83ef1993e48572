/** `nodepool manual`: the manual, which is part of the program. Needs neither configuration nor state nor daemon. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import type { CliIo } from "../cli_io.ts";
import { example, helpGroup } from "../help.ts";
import { hasColors } from "../state_colors.ts";
import { shellWord } from "../../lib/shell_quote.ts";
import { wrapLines } from "../../lib/wrap_words.ts";

export function manualCommand(context: CliContext) {
  return new Command("manual")
    .helpGroup(helpGroup.tools)
    .description("show the manual: its topics, one of them, or a section by name")
    .argument("[topic...]", "a topic, a section or a command; default: list the topics")
    .option("--search <words...>", "list the sections that have all these words")
    .addHelpText("after", example("nodepool manual troubleshooting", "nodepool manual quota"))
    .action(async (words, { search }) => {
      const { io } = context;
      if (search !== undefined) return await show(io, await searchText([...words, ...search]));
      if (words.length === 0) return await show(io, await listText());
      const { findInManual } = await import("../../manual/manual.ts");
      const found = findInManual(words);
      if (found === null) throw new Error(await notFoundText(words));
      await showMarkdown(io, (found.section ?? found.topic).text, found.topic.name);
    });
}

/** Lines that are too long for a terminal go on below, as far in as their last column. */
async function show(io: CliIo, text: string): Promise<void> {
  const { columns } = io.stdout;
  if (columns === null) return io.stdout.write(text);
  await io.page(wrapLines(text, columns));
}

/** @param topic that the text is from */
async function showMarkdown(io: CliIo, text: string, topic: string): Promise<void> {
  const { columns } = io.stdout;
  if (columns === null) return io.stdout.write(text);
  const { renderTerminal } = await import("../../manual/render_terminal.ts");
  await io.page(renderTerminal(text, { columns, colors: hasColors(io), topic }));
}

/** A name that is spelt nearly so, else where the words occur. */
async function notFoundText(words: readonly string[]): Promise<string> {
  const { nearestInManual, notFoundMessage } = await import("../../manual/manual.ts");
  const { searchManual } = await import("../../manual/search_manual.ts");
  if (nearestInManual(words) !== null) return notFoundMessage(words);
  const names = searchManual(words).map(({ name }) => name);
  const [message, search] = [notFoundMessage(words), words.map(shellWord).join(" ")];
  if (names.length === 0) return `${message}; run \`nodepool manual\` for the list`;
  const others = names.length > MENTIONED ? ` and others: nodepool manual --search ${search}` : "";
  return `${message}; see ${names.slice(0, MENTIONED).join(", ")}${others}`;
}

/** Names of sections in a message. */
const MENTIONED = 3;

async function listText(): Promise<string> {
  const { topics } = await import("../../manual/manual.ts");
  const lines = topics.map(({ name, summary }) => `  ${name.padEnd(17)}${summary}\n`);
  return `Topics, each shown by "nodepool manual TOPIC":\n\n${lines.join("")}\n${MORE}`;
}

const MORE =
  `Sections have names, too, and so have commands: "nodepool manual quota", "nodepool manual acquire".
"nodepool manual --search WORDS" finds them by what they say.
`;

async function searchText(words: readonly string[]): Promise<string> {
  const { searchManual } = await import("../../manual/search_manual.ts");
  const hits = searchManual(words);
  if (hits.length === 0) {
    throw new Error(`no section of the manual has ${words.join(" and ")}; try other or fewer words`);
  }
  return hits.map(({ name, title, excerpt }) => `nodepool manual ${name}: ${title}\n    ${excerpt}\n`).join(
    "",
  );
}
