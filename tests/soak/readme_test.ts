/** The commands of README.md and the manual work as they stand there. */
import assert from "node:assert/strict";
import { topicTexts } from "../../src/manual/topics.ts";
import { PATIENCE } from "../eventually.ts";
import { type Need, testNeeding } from "../needs.ts";
import { type Block, blocksOf } from "../readme/document.ts";
import { ReadmeShell } from "../readme/readme_shell.ts";

// The README is the first topic.
const blocks = Object.entries(topicTexts).flatMap(([topic, text]) =>
  blocksOf(text).map((block) => ({ ...block, topic }))
);

const shellNeeds: readonly Need[] = ["bash", "curl", "ssh", "ssh-keygen", "timeout"];
const followed =
  "each command of the README and the manual works as it stands there, from the first to the last";
testNeeding(shellNeeds, followed, async () => {
  await using shell = await ReadmeShell.start([8005, 5000, 2222]);
  const isLast = ({ words }: Block) => words.includes("last");
  for (const block of [...blocks.filter((one) => !isLast(one)), ...blocks.filter(isLast)]) {
    await follow(shell, block);
  }
  for (const port of shell.ports.values()) {
    await assert.rejects(
      Deno.connect({ hostname: "127.0.0.1", port }),
      `nothing listens on ${port} any more`,
    );
  }
});

async function follow(shell: ReadmeShell, block: typeof blocks[number]): Promise<void> {
  const file = block.words.find((word) => word.startsWith("file="))?.slice("file=".length);
  if (file !== undefined) return await shell.write(file, block.text);
  if (block.language !== "sh" || block.words.includes("elsewhere")) return;
  if (!block.words.includes("again")) return void await shell.run(block.text);
  const sample = blocks[blocks.indexOf(block) + 1]!;
  assert.equal(sample.language, "text", `${block.topic}, line ${block.line}: no sample follows`);
  await untilItPrints(shell, { script: block.text, sample: sample.text });
}

async function untilItPrints(
  shell: ReadmeShell,
  { script, sample }: { script: string; sample: string },
): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const { stdout } = await shell.run(script);
    const printed = stdout.split("\n").map(shapeOf);
    const missing = sample.trim().split("\n").map(shapeOf)
      .filter((line) => !printed.some((one) => one.includes(line)));
    if (missing.length === 0) return;
    const found = `${script}does not print\n${missing.join("\n")}\nbut\n${stdout}${await shell.log()}`;
    assert.ok(performance.now() < deadline, found);
  }
}

/** A line without what differs from run to run. */
function shapeOf(line: string): string {
  return line.trim().replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replaceAll(/\d+/g, "N").replaceAll(/-+/g, "-").replaceAll(/ +/g, " ");
}
