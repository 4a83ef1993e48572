/** `nodepool manual`: the manual, which is part of the program. Needs neither configuration nor state nor daemon. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import type { CliIo } from "../cli_io.ts";
import { example } from "../example.ts";
import { hasColors } from "../state_colors.ts";

export function manualCommand(context: CliContext) {
  return new Command("manual")
    .description("show the manual: its topics, one of them, or a section by name")
    .argument("[topic...]", "a topic, a section or a command; default: list the topics")
    .option("--search <words...>", "list the sections that have all these words")
    .addHelpText("after", example("nodepool manual troubleshooting", "nodepool manual quota"))
    .action(async (words, { search }) => {
      const { io } = context;
      if (search !== undefined) return await show(io, await searchText(search), null);
      if (words.length === 0) return await show(io, await listText(), null);
      const { findInManual, notFoundMessage } = await import("../../manual/manual.ts");
      const found = findInManual(words);
      if (found === null) {
        throw new Error(`${notFoundMessage(words)} (nodepool manual --search ${words.join(" ")})`);
      }
      await show(io, (found.section ?? found.topic).text, found.topic.name);
    });
}

/** @param topic whose Markdown the text is; null: it is plain */
async function show(io: CliIo, text: string, topic: string | null): Promise<void> {
  const { columns } = io.stdout;
  if (columns === null) return io.stdout.write(text);
  if (topic === null) return await io.page(text);
  const { renderTerminal } = await import("../../manual/render_terminal.ts");
  await io.page(renderTerminal(text, { columns, colors: hasColors(io), topic }));
}

async function listText(): Promise<string> {
  const { topics } = await import("../../manual/manual.ts");
  const lines = topics.map(({ name, summary }) => `  ${name.padEnd(16)}${summary}\n`);
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
    throw new Error(`no section of the manual has ${words.join(" and ")}: try fewer words`);
  }
  return hits.map(({ name, title, line }) => `nodepool manual ${name}: ${title}\n    ${line}\n`).join("");
}
