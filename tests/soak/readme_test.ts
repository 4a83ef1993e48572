/** The commands of README.md and the manual work as they stand there. */
import assert from "node:assert/strict";
import { topicTexts } from "../../src/manual/topics.ts";
import { PATIENCE } from "../eventually.ts";
import { missingNeed, type Need, testNeeding } from "../needs.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { cloudAccess } from "../simulator/cloud_access.ts";
import { serveSimulator } from "../../src/simulator/serve_simulator.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";
import { type Block, blocksOf, sectionOf } from "../readme/document.ts";
import { ReadmeShell } from "../readme/readme_shell.ts";

// The README is the first topic.
const blocks = Object.entries(topicTexts).flatMap(([topic, text]) =>
  blocksOf(text).map((block) => ({ ...block, topic }))
);

const needs: readonly Need[] = ["bash", "curl", "ssh", "ssh-keygen"];
const followed =
  "all commands of the README and the manual work where they are pasted into a shell as they stand there";
testNeeding(needs, followed, async () => {
  await using shell = await ReadmeShell.start([8005, 5000, 2222]);
  const isLast = ({ words }: Block) => words.includes("last");
  const steps = [...blocks.filter((one) => !isLast(one)), ...blocks.filter(isLast)];
  for (const step of pastes(steps)) await follow(shell, step);
  for (const port of shell.ports.values()) {
    await assert.rejects(
      Deno.connect({ hostname: "127.0.0.1", port }),
      `nothing listens on ${port} any more`,
    );
  }
});

const first = "the README's first configuration leads to a node, on a cloud such as it describes";
testNeeding([...needs, "root"], first, async () => {
  const cloud = { name: "my-cloud", username: "ci", password: "correct horse battery staple", project: "ci" };
  await using made = new AsyncDisposableStack();
  const simulator = made.use(
    createSimulator({
      clouds: [{ ...cloud, images: [{ name: "debian-12" }], bootTime: 500, deleteTime: 100 }],
      clock: systemClock,
      random: seededRandom(1),
    }),
  );
  // Nodes answer where the README's do.
  const served = made.use(await serveSimulator(simulator, { hostname: "127.0.0.1", port: 0, sshPort: 22 }));
  const { authUrl } = cloudAccess(simulator.settings.clouds[0]!, served.baseUrl);
  const shell = made.use(
    await ReadmeShell.start([8005], (ports) => ({
      "https://keystone.example.org:5000/v3": authUrl,
      "init --yes\n": `init --yes\necho 'status: { listen: "127.0.0.1:${
        ports.get(8005)
      }" }' >>nodepool.yaml\n`,
    })),
  );
  const section = blocksOf(sectionOf(topicTexts["start"]!, "## First configuration"))
    .filter(({ language }) => language === "sh");
  const printed = await shell.paste(section.map(({ text }) => text).join(""));
  assert.match(printed, /^debian-12-my-cloud-\d+\nnode \d+: released/m);
  await shell.paste("kill $(jobs -p) && wait");
});

interface Paste {
  readonly text: string;
  /** It is pasted until it prints this; null: once. */
  readonly sample: string | null;
}

/** All that a topic has up to the next command whose output is shown is pasted at once. */
function pastes(steps: typeof blocks): readonly Paste[] {
  const found: Paste[] = [];
  let [topic, text] = ["", ""];
  const flush = () => {
    if (text !== "") found.push({ text, sample: null });
    text = "";
  };
  for (const block of steps.filter(isPasted)) {
    if (block.topic !== topic) flush();
    topic = block.topic;
    if (!block.words.includes("again")) text += block.text;
    else {
      flush();
      found.push({ text: block.text, sample: sampleOf(block) });
    }
  }
  flush();
  return found;
}

/** What needs a program that not everybody has says so. */
function isPasted({ language, words }: Block): boolean {
  const need = words.find((word) => word.startsWith("needs="))?.slice("needs=".length);
  const isPossible = need === undefined || missingNeed([need as Need]) === null;
  return language === "sh" && !words.includes("elsewhere") && !words.includes("machines") && isPossible;
}

function sampleOf(block: typeof blocks[number]): string {
  const sample = blocks[blocks.indexOf(block) + 1]!;
  assert.equal(sample.language, "text", `${block.topic}, line ${block.line}: no sample follows`);
  return sample.text;
}

async function follow(shell: ReadmeShell, { text, sample }: Paste): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const printed = await shell.paste(text);
    if (sample === null) return;
    const shown = printed.split("\n").map(shapeOf);
    const missing = sample.trim().split("\n").map(shapeOf)
      .filter((line) => !shown.some((one) => one.includes(line)));
    if (missing.length === 0) return;
    const found = `${text}does not print\n${missing.join("\n")}\nbut\n${printed}${await shell.log()}`;
    assert.ok(performance.now() < deadline, found);
  }
}

/** A line without what differs from run to run. */
function shapeOf(line: string): string {
  return line.trim().replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replaceAll(/\d+/g, "N").replaceAll(/-+/g, "-").replaceAll(/ +/g, " ");
}
