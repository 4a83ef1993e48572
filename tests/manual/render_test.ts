/** The manual as people see it: on a terminal and in a browser. */
import assert from "node:assert/strict";
import { topics } from "../../src/manual/manual.ts";
import { renderHtml } from "../../src/manual/render_html.ts";
import { renderTerminal } from "../../src/manual/render_terminal.ts";

const sample = `# A title

Text with \`code\`, **weight** and a [link](jobs.md), which is long enough to be wrapped somewhere.

<a id="x"></a>
## A section

- one item that is so long that it needs a second line on a narrow terminal
- another

| it says | do |
| --- | --- |
| \`a\` | this |

\`\`\`sh
nodepool  list
\`\`\`
`;

// deno-lint-ignore no-control-regex
const STYLE = /\x1b\[(\d+)m/g;

const terminal = { columns: 50, topic: "concepts" };

Deno.test("Markdown on a terminal is wrapped and has no marks", () => {
  assert.equal(
    renderTerminal(sample.replace('<a id="x"></a>\n', ""), { ...terminal, colors: false }),
    `A title

  Text with code, weight and a link (manual jobs),
  which is long enough to be wrapped somewhere.

A section

  - one item that is so long that it needs a
    second line on a narrow terminal
  - another

  it says  do
  a        this

    nodepool  list
`,
  );
});

Deno.test("Markdown on a terminal with colours has bold heads, and no style runs on over a line's end", () => {
  const text = renderTerminal(sample, { ...terminal, colors: true });
  assert.ok(text.startsWith("\x1b[1mA\x1b[0m \x1b[1mtitle\x1b[0m\n"));
  for (const line of text.split("\n")) {
    const styles = [...line.matchAll(STYLE)].map(([, code]) => code);
    assert.ok(styles.length % 2 === 0 && styles.every((code, index) => (code === "0") === (index % 2 === 1)));
  }
});

Deno.test("no prose of the manual is wider than the terminal", () => {
  for (const { name, text } of topics) {
    for (const columns of [60, 80, 132]) {
      const lines = renderTerminal(text, { columns, colors: false, topic: name }).split("\n");
      const prose = lines.filter((line) => !line.startsWith("    ") && /\S \S/.test(line.trim()));
      assert.deepEqual(prose.filter((line) => line.length > Math.min(columns, 100)), [], name);
    }
  }
});

Deno.test("HTML of Markdown escapes all text, and has no element that the manual did not mean", () => {
  const evil = "# T\n\nText <img src=x onerror=y> `<b>` [x](javascript:alert(1)) ![i](http://e/)\n\n" +
    "<script>alert(1)</script>\n\n| <i> |\n| --- |\n| <u> |\n\n```\n</pre><script>\n```\n";
  const text = renderHtml({ name: "jobs", text: evil, sections: [] });
  assert.doesNotMatch(text, /<(script|img|b|i|u|a)[ >]|javascript:|http:/);
});

Deno.test("links of the manual's HTML stay in the manual, and their sections are there", () => {
  const pages = new Map(
    topics.map((topic) => [topic.name, renderHtml(topic)]),
  );
  let seen = 0;
  for (const [name, page] of pages) {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    assert.deepEqual([...new Set(ids)], ids, name);
    for (const [, href] of page.matchAll(/href="([^"]*)"/g)) {
      const [, topic, section] = href!.match(/^\/manual\/([a-z0-9-]+)(?:#(.+))?$/) ?? [];
      assert.ok(topic !== undefined && pages.has(topic), `${name}: ${href}`);
      if (section !== undefined) assert.ok(pages.get(topic)!.includes(`id="${section}"`), `${name}: ${href}`);
      seen++;
    }
  }
  assert.ok(seen > 30);
});
