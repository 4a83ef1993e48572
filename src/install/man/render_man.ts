/** Markdown of the manual as the body of a man page, in man(7)'s macros. */
import { marked, type Token, type Tokens } from "marked";
import { linkTarget } from "../../manual/manual.ts";
import { roffCode, roffLine, roffText } from "./roff.ts";

interface ManOptions {
  /** The topic that the text is from. */
  readonly topic: string;
  /** The page that says what a link leads to, such as `nodepool-jobs(7)`; null: this one. */
  pageOf(target: { topic: string; section: string | null }): string | null;
}

/** Without the first heading, which the page has as its name. Ends with a line break. */
export function renderMan(markdown: string, options: ManOptions): string {
  const page = new ManText(options);
  return marked.lexer(markdown).map((token) => page.block(token)).join("");
}

class ManText {
  readonly #options: ManOptions;

  constructor(options: ManOptions) {
    this.#options = options;
  }

  /** Lines, each with its line break; empty: it shows nothing. */
  block(token: Token): string {
    switch (token.type) {
      case "heading":
        return token.depth === 1
          ? ""
          : `.S${token.depth === 2 ? "H" : "S"} "${this.#inline(token.tokens)}"\n`;
      case "paragraph":
        return `.PP\n${this.#line(token.tokens)}`;
      case "list":
        return (token as Tokens.List).items.map((item, index) =>
          this.#item(item, { index, list: token as Tokens.List })
        )
          .join("");
      case "table":
        return this.#table(token as Tokens.Table);
      case "code":
        return `.PP\n.RS 4\n.EX\n${
          token.text.split("\n").map((line: string) => `${roffLine(roffCode(line))}\n`).join("")
        }.EE\n.RE\n`;
      default:
        return "";
    }
  }

  #item({ tokens }: Tokens.ListItem, { index, list }: { index: number; list: Tokens.List }): string {
    const [first, ...rest] = tokens as [Tokens.Text, ...Token[]];
    const below = rest.map((token) => `.RS 4\n${this.block(token)}.RE\n`).join("");
    const inline = first.tokens ?? [];
    const colon = inline.findIndex((token) => token.type === "text" && token.raw.startsWith(": "));
    if (!list.ordered && colon > 0 && inline.slice(0, colon).every(isTag)) {
      const [separator, ...text] = inline.slice(colon) as [Tokens.Text, ...Token[]];
      const shortened = { ...separator, raw: separator.raw.slice(2), text: separator.text.slice(2) };
      return `.TP\n${this.#line(inline.slice(0, colon))}${this.#line([shortened, ...text])}${below}`;
    }
    const mark = list.ordered ? `"${Number(list.start) + index}." 4` : "\\(bu 2";
    return `.IP ${mark}\n${this.#line(inline)}${below}`;
  }

  /** Each row under its first cell: columns would not fit. Cells are named where there are more than two. */
  #table({ header, rows }: Tokens.Table): string {
    const names = header.map(({ tokens }) => this.#inline(tokens));
    const [first, second, ...more] = names.map(italic);
    const head = more.length === 0 ? `.TP\n${first}\n${second}\n` : `.PP\n${first}:\n`;
    return head + rows.map((row) => this.#row(row, names)).join("");
  }

  #row([first, ...others]: readonly Tokens.TableCell[], names: readonly string[]): string {
    const texts = others.map(({ tokens }, index) => {
      const text = this.#inline(tokens);
      return text === "" || names.length === 2 ? text : `${names[index + 1]}: ${text}`;
    });
    const lines = texts.filter((text) => text !== "").map((text) => `${roffLine(text)}\n`);
    return `.TP\n${this.#bold(first!.tokens)}${lines.join(".br\n") || "\\&\n"}`;
  }

  #line(tokens: readonly Token[] = []): string {
    return `${roffLine(this.#inline(tokens)) || "\\&"}\n`;
  }

  #bold(tokens: readonly Token[]): string {
    const text = this.#inline(tokens);
    return `${text === "" ? "\\&" : text.startsWith("\\f") ? text : `\\fB${text}\\fR`}\n`;
  }

  #inline(tokens: readonly Token[] = []): string {
    return tokens.map((token) => this.#span(token)).join("");
  }

  #span(token: Token): string {
    switch (token.type) {
      case "codespan":
        return `\\fB${unbroken(token.text)}\\fR`;
      case "strong":
        return `\\fB${this.#inline(token.tokens).replaceAll(/\\f[BIR]/g, "")}\\fR`;
      case "em":
        return italic(this.#inline(token.tokens));
      case "link":
        return this.#inline(token.tokens) + this.#whereTo(token.href);
      case "br":
        return " ";
      default:
        return "tokens" in token && token.tokens !== undefined
          ? this.#inline(token.tokens)
          : roffText(unescaped(token));
    }
  }

  #whereTo(href: string): string {
    const target = linkTarget(href, this.#options.topic);
    const page = target === null ? null : this.#options.pageOf(target);
    return page === null ? "" : ` (${roffCode(page)})`;
  }
}

function italic(text: string): string {
  return `\\fI${text.replaceAll(/\\f[BIR]/g, "")}\\fR`;
}

/** Code whose words no hyphen parts: people copy it. */
function unbroken(code: string): string {
  return code.split(/\s+/).map((word) => `\\%${roffCode(word)}`).join(" ");
}

/** Code, and what joins it: the tag of a paragraph. */
function isTag(token: Token): boolean {
  return token.type === "codespan" || token.type === "text" && token.raw === ", ";
}

/** The text of a token without the entities that HTML needs. */
function unescaped(token: Token): string {
  return "text" in token ? String(token.text) : token.raw;
}
