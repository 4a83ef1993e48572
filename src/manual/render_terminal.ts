/** Markdown as a person reads it on a terminal: wrapped, indented, heads bold where colours are on. */
import { marked, type Token, type Tokens } from "marked";
import { displayWidth } from "../lib/display_width.ts";
import { wrapWords } from "../lib/wrap_words.ts";
import { linkTarget } from "./manual.ts";

interface TerminalOptions {
  readonly columns: number;
  readonly colors: boolean;
  /** The topic that the text is from. */
  readonly topic: string;
}

/** Longer lines are hard to read. */
const WIDEST = 100;
/** With less, indented lines would have no room. */
const NARROWEST = 20;
const INDENT = "  ";

/** Ends with a line break. */
export function renderTerminal(markdown: string, options: TerminalOptions): string {
  const width = Math.max(NARROWEST, Math.min(options.columns, WIDEST));
  const page = new TerminalPage({ ...options, columns: width });
  const blocks = marked.lexer(markdown).flatMap((token) => page.block(token) ?? []);
  return `${blocks.join("\n\n")}\n`;
}

class TerminalPage {
  readonly #options: TerminalOptions;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  /** null: it shows nothing. */
  block(token: Token): string | null {
    switch (token.type) {
      case "heading":
        return this.#styled(1, this.#plain(token.tokens));
      case "paragraph":
        return this.#filled(this.#inline(token.tokens), INDENT);
      case "list":
        return this.#list(token as Tokens.List);
      case "table":
        return this.#table(token as Tokens.Table);
      case "code":
        return token.text.split("\n").map((line: string) => `${INDENT}${INDENT}${line}`).join("\n");
      default:
        return null;
    }
  }

  #list({ items, ordered, start }: Tokens.List): string {
    return items.map(({ tokens }, index) => {
      const mark = ordered ? `${Number(start) + index}. ` : "- ";
      const text = tokens.map((token) => this.#inline("tokens" in token ? token.tokens : [])).join("\n");
      const hanging = INDENT + " ".repeat(mark.length);
      return INDENT + mark + this.#filled(text, hanging).trimStart();
    }).join("\n");
  }

  /** In columns where the last one has room, else each row as lines under its first cell. */
  #table({ header, rows }: Tokens.Table): string {
    const texts = [header, ...rows].map((row) => row.map(({ tokens }) => this.#inline(tokens)));
    const widths = header.map((_, column) => Math.max(...texts.map((row) => visibleWidth(row[column]!))));
    const left = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, INDENT.length);
    const isNarrow = left <= this.#options.columns / 2;
    const names = header.map(({ tokens }) => this.#plain(tokens));
    const body = texts.slice(1);
    if (!isNarrow) return body.map((row) => this.#stack(row, names)).join("\n");
    const head = this.#styled(1, this.#row(names, { widths, left }));
    return [head, ...body.map((row) => this.#row(row, { widths, left }))].join("\n");
  }

  #row(cells: readonly string[], { widths, left }: { widths: readonly number[]; left: number }): string {
    const padded = cells.slice(0, -1).map((cell, column) => pad(cell, widths[column]! + 2)).join("");
    return INDENT + padded + this.#filled(cells.at(-1)!, " ".repeat(left)).trimStart();
  }

  /** Cells are named where there are more than two of them. */
  #stack(cells: readonly string[], names: readonly string[]): string {
    const named = cells.map((cell, column) =>
      column === 0 || cells.length === 2 || cell === "" ? cell : `${this.#styled(1, names[column]!)}: ${cell}`
    );
    const [first, ...others] = named.filter((cell) => cell !== "");
    const lines = others.map((cell) => this.#filled(cell, INDENT.repeat(3)));
    return [this.#filled(first ?? "", INDENT), ...lines].join("\n");
  }

  #inline(tokens: readonly Token[] = []): string {
    return tokens.map((token) => this.#span(token)).join("");
  }

  #span(token: Token): string {
    switch (token.type) {
      case "codespan":
        return this.#styled(36, token.text);
      case "strong":
        return this.#styled(1, this.#plain(token.tokens));
      case "link":
        return this.#inline(token.tokens) + this.#whereTo(token.href);
      default:
        if ("tokens" in token && token.tokens !== undefined) return this.#inline(token.tokens);
        return "text" in token ? token.text : "\n";
    }
  }

  /** The name to ask the manual for. */
  #whereTo(href: string): string {
    const target = linkTarget(href, this.#options.topic);
    return target === null ? "" : ` (manual ${target.section ?? target.topic})`;
  }

  #plain(tokens: readonly Token[] = []): string {
    return new TerminalPage({ ...this.#options, colors: false }).#inline(tokens);
  }

  #styled(code: number, text: string): string {
    if (!this.#options.colors) return text;
    // Each word by itself, so that wrapped lines begin and end plain.
    return text.replaceAll(/\S+/g, (word) => `\x1b[${code}m${word}\x1b[0m`);
  }

  #filled(text: string, indent: string): string {
    const lines = wrapWords(
      text.replaceAll(/\s+/g, " ").trim(),
      this.#options.columns - indent.length,
      visibleWidth,
    );
    return lines.map((line) => indent + line).join("\n");
  }
}

// deno-lint-ignore no-control-regex
const STYLES = /\x1b\[\d+m/g;

function visibleWidth(text: string): number {
  return displayWidth(text.replaceAll(STYLES, ""));
}

function pad(text: string, width: number): string {
  return text + " ".repeat(width - visibleWidth(text));
}
