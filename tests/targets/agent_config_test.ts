import assert from "node:assert/strict";
import fc from "fast-check";
import { codePoint } from "../code_point.ts";
import { changeLabel } from "../../src/targets/jenkins/agent_config.ts";

/** Two agents of plugins that keep labels and markup of their own. */
const ODD = `<?xml version='1.1' encoding='UTF-8'?>
<!-- <label>in a comment</label> -->
<slave plugin="x > y" other='&lt;label>'>
  <name>a</name>
  <description><![CDATA[<label>in data</label>]]></description>
  <nodeProperties>
    <some.Property>
      <label>of a plugin</label>
      <label/>
    </some.Property>
  </nodeProperties>
  <?target <label>in an instruction</label> ?>
  <label>trusty &lt;old&gt; &#228;&#x1F980; &constructor;</label>
</slave>
`;

Deno.test("changeLabel() finds the root's own label among all that looks like one", () => {
  const { xml, previous } = changeLabel(ODD, "xenial");
  assert.equal(previous, "trusty <old> ä\u{1f980} &constructor;");
  assert.equal(xml, ODD.replace(/<label>trusty.*<\/label>/, "<label>xenial</label>"));
});

for (
  const [title, before, after, previous] of [
    ["an empty label", "<s><label></label></s>", "<s><label>n</label></s>", ""],
    ["a label without content", "<s><label/></s>", "<s><label>n</label></s>", ""],
    ["a label without content, with a blank", "<s><label /></s>", "<s><label>n</label></s>", ""],
    ["no label", "<s>\n  <a/>\n</s>", "<s>\n  <a/>\n  <label>n</label>\n</s>", ""],
    [
      "labels of inner elements only",
      "<s><a><label>x</label></a></s>",
      "<s><a><label>x</label></a>\n  <label>n</label></s>",
      "",
    ],
    ["attributes", '<s><label class="a>b">x</label></s>', '<s><label class="a>b">n</label></s>', "x"],
    [
      "a byte order mark and other line ends",
      "\ufeff<s>\r\n<label>x</label>\r\n</s>\r\n",
      "\ufeff<s>\r\n<label>n</label>\r\n</s>\r\n",
      "x",
    ],
  ] as const
) {
  Deno.test(`changeLabel() of an agent with ${title}`, () => {
    assert.deepEqual(changeLabel(before, "n"), { xml: after, previous });
  });
}

for (
  const [text, message] of [
    ["", /it has no elements/],
    ["just text", /it has no elements/],
    ["<s><label>x</label>", /<s> is not closed/],
    ["<s><a></s>", /<\/s> closes an element that was not opened/],
    ["<html><body>Sign in</body></html>", /it is a web page/],
  ] as const
) {
  Deno.test(`changeLabel() of ${JSON.stringify(text)} says what is wrong`, () => {
    assert.throws(() => changeLabel(text, "n"), message);
  });
}

for (const part of ["<a ", '<a "', "<a b='", "<!--", "<![CDATA[", "<?", "<", "</", "<a>", "<a/>", "<label"]) {
  Deno.test(`changeLabel() of a megabyte of ${JSON.stringify(part)} is through in no time`, () => {
    const startedAt = performance.now();
    assert.throws(() => changeLabel(`<s>${part.repeat(2 ** 20 / part.length)}`, "n"));
    assert.ok(performance.now() - startedAt < 2_000);
  });
}

Deno.test("changeLabel() gives back as the previous label what it put in, whatever the characters", () => {
  const text = fc.string({ unit: codePoint }).filter((label) => label === label.trim());
  fc.assert(fc.property(text, text, (first, second) => {
    const once = changeLabel(ODD, first);
    const twice = changeLabel(once.xml, second);
    assert.equal(twice.previous, first);
    assert.equal(changeLabel(twice.xml, first).xml, once.xml);
  }));
});
