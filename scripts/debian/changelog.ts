/**
 * CHANGELOG.md as Debian's tools read it: all of it as `changelog`, and what to do at an upgrade as `news`, which apt shows
 * before one. scripts/package runs it.
 */

interface Release {
  readonly version: string;
  /** The date in its heading; null: not released yet. */
  readonly date: string | null;
  /** The lists below its headings, by these. */
  readonly sections: ReadonlyMap<string, readonly string[]>;
}

interface Options {
  /** `changelog`: every change. `news`: only what users must do. */
  readonly kind: "changelog" | "news";
  /** Name and address, as in Debian's fields. */
  readonly maintainer: string;
  /** When a version was made that is not released yet, in ms since 1970. */
  readonly now: number;
}

const WIDTH = 78;

export function debianChangelog(markdown: string, { kind, maintainer, now }: Options): string {
  let date = now;
  const entries: string[] = [];
  for (const release of parseReleases(markdown)) {
    if (release.date !== null) date = Date.parse(`${release.date}T12:00:00Z`);
    const signature = `${maintainer}  ${mailDate(date)}`;
    const lines = kind === "news" ? newsOf(release) : changesOf(release);
    if (lines.length > 0) entries.push(renderEntry(release.version, { lines, signature }));
  }
  return entries.join("\n");
}

function changesOf({ sections }: Release): readonly string[] {
  return [...sections.values()].flat().map((item) => wrap(item, { first: "  *", rest: "    " }));
}

/** News are paragraphs, says Debian. */
function newsOf({ sections }: Release): readonly string[] {
  return (sections.get("Upgrading") ?? []).map((item) => wrap(item, { first: " ", rest: "  " }));
}

function renderEntry(
  version: string,
  { lines, signature }: { lines: readonly string[]; signature: string },
): string {
  return `nodepool (${version}-1) unstable; urgency=medium\n\n${lines.join("\n\n")}\n\n -- ${signature}\n`;
}

function parseReleases(markdown: string): readonly Release[] {
  return markdown.split(/^(?=## )/m).flatMap((part) => {
    const [, version, when] = part.match(/^## \[([^\]]+)\](?: - (.*))?/) ?? [];
    if (version === undefined) return [];
    const date = /^\d{4}-\d\d-\d\d$/.test(when ?? "") ? when! : null;
    return [{ version, date, sections: new Map(part.split(/^### /m).slice(1).map(parseSection)) }];
  });
}

/** Its items are lines without Markdown's links. */
function parseSection(text: string): readonly [string, readonly string[]] {
  const [heading = "", ...lines] = text.split("\n");
  const items = lines.join("\n").split(/^- /m).slice(1).map((item) => item.replace(/\s+/g, " ").trim());
  return [heading.trim(), items.map((item) => item.replace(/\[([^\]]+)\]\([^)]*\)/g, "$1"))];
}

function wrap(text: string, { first, rest }: { first: string; rest: string }): string {
  const lines = [first];
  for (const word of text.split(" ")) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length <= WIDTH) lines[lines.length - 1] = line;
    else lines.push(rest + word);
  }
  return lines.join("\n");
}

/** As in mail: `Sun, 29 Nov 2026 12:00:00 +0000`. */
function mailDate(time: number): string {
  return new Date(time).toUTCString().replace("GMT", "+0000");
}

if (import.meta.main) {
  const [kind, file, seconds, maintainer] = Deno.args;
  console.log(
    debianChangelog(await Deno.readTextFile(file!), {
      kind: kind as Options["kind"],
      maintainer: maintainer!,
      now: Number(seconds) * 1000,
    }),
  );
}
