/** README.md and the manual tell the truth. Their commands are run by soak/readme_test.ts; what they list, readme/reference_test.ts checks. */
import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { ExitCode } from "../src/cli/exit_code.ts";
import { CliBench } from "./cli/run.ts";
import { topicTexts } from "../src/manual/topics.ts";
import { anchorsOf, blocksOf, inlineCode } from "./readme/document.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = await Deno.readTextFile(`${root}README.md`);
// The README is the first topic.
const blocks = Object.entries(topicTexts).flatMap(([topic, text]) =>
  blocksOf(text).map((block) => ({ ...block, topic }))
);
const shellBlocks = blocks.filter(({ language }) => language === "sh");

/** Commands that are not run here, each with the reason and with what vouches for it instead. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [
    /^scripts\/compile$/,
    "takes long; tests/scripts/compile_test.ts runs it, and the test below checks its options",
  ],
  [
    /^(nodepool init --yes$|nodepool config-validate --(online|show)$|nodepool daemon 2>daemon.log &)/,
    "of a cloud that does not exist; tests/soak/readme_test.ts runs them on one such as it describes",
  ],
  [
    /^(curl .*\/readyz$|nodepool acquire debian-12 -o ssh-config|ssh -n -F ssh_config|nodepool release \$\(sed )/,
    "the same",
  ],
  [/^nodepool config-validate --schema >/, "tests/config/editor_schema_test.ts has what comes of it"],
  [/^nodepool --version$/, "of the installed program; tests/cli/program_test.ts"],
  [/^sudo (install|useradd|cp|systemctl) /, "changes the machine; the unit file has a test of its own below"],
  [/^sudo nodepool install-files \/usr\/local$/, "changes the machine; tests/install/install_files_test.ts"],
  [
    /^(scripts\/package|cd dist && sha256sum|sudo apt |sudo nodepool init |sudo ch(grp|mod) -R |sudo -u nodepool nodepool config-validate |sudo nodepool (image-)?list -o name)/,
    "changes the machine; tests/scripts/package_test.ts runs them on a Debian of its own",
  ],
  [/^sudo -u nodepool nodepool status$/, "as another user; the same command is run above without sudo"],
  [
    /^(cd \/var\/lib\/nodepool && sudo rm -f|sudo mv) nodepool\.kv/,
    "replaces the state of the installed pool; tests/e2e/state_loss_test.ts",
  ],
  [
    /^sudo (nodepool state (backup|restore)|chown nodepool:) /,
    "of the installed pool; tests/e2e/state_files_test.ts runs them",
  ],
  [/^nodepool release 812 813$/, "of nodes of a restored state; tests/e2e/state_copies_test.ts"],
  [/^nodepool image-(delete|build) /, "of an image that another pool has; tests/cli/images_test.ts"],
  [/^less \/var\/lib\/nodepool\/build-logs\//, "for people; tests/build/diskimage_builder_test.ts"],
  [/^ssh -i \/etc\/nodepool\/id_rsa /, "on a node with subnodes; tests/openstack/subnodes_test.ts"],
  [
    /^(nodepool alien-|openstack (server|keypair) list |cat old-|cut -d )/,
    "of what another Nodepool left; tests/e2e/old_leftovers_test.ts runs them",
  ],
  [
    /^sudo -u nodepool nodepool (state copy|resign)/,
    "of the installed pool; tests/machines has tests of both",
  ],
  [/^openstack server (show|delete) /, "needs a cloud; tests/soak/simulator/openstack_command_test.ts"],
];

Deno.test("what the README and the manual do not have run here is known, with a reason", () => {
  const lines = shellBlocks.filter(({ words }) => words.includes("elsewhere")).flatMap(({ text }) =>
    text.trim().split("\n")
  );
  assert.deepEqual(lines.filter((line) => !elsewhere.some(([pattern]) => pattern.test(line))), []);
});

Deno.test("the scripts that the README and the manual name exist and know their options", async () => {
  const texts = Object.values(topicTexts);
  const uses = texts.flatMap(inlineCode).filter((code) => code.startsWith("scripts/")).map((code) =>
    code.split(" ")
  );
  const inReadme = inlineCode(readme);
  assert.ok(inReadme.includes("scripts/test") && inReadme.includes("scripts/demo"));
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  for (const [script, ...words] of uses) {
    const source = await Deno.readTextFile(root + script);
    assert.ok((Deno.statSync(root + script).mode! & 0o111) !== 0, `${script} can be run`);
    const { success } = await new Deno.Command("bash", { args: ["-n", root + script] }).output();
    assert.ok(success, `${script} is a shell script`);
    // What follows `scripts/deno` is Deno's.
    if (script === "scripts/deno") assert.ok(words[0] !== "task" || words[1]! in tasks, words.join(" "));
    else {for (const word of words) {
        assert.ok(!word.startsWith("-") || source.includes(word), `${script} ${word}`);
      }}
  }
});

Deno.test("the unit file runs the installed program and does not restart what cannot get better", () => {
  const unit = blocks.find(({ language }) => language === "ini")!.text;
  const values = Object.fromEntries(
    [...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]),
  );
  const [program, command] = values["ExecStart"]!.split(" ");
  assert.ok(
    shellBlocks.some(({ text }) => text.includes(`dist/nodepool ${program}\n`)),
    "it is installed there",
  );
  assert.equal(command, "daemon");
  assert.equal(values["RestartPreventExitStatus"], `${ExitCode.usage} ${ExitCode.noDaemon}`);
  assert.equal(values["StateDirectory"], "nodepool");
});

Deno.test("links of the README and the manual lead somewhere, also in GitHub's view of the files", async () => {
  for (const [topic, text] of Object.entries(topicTexts)) {
    const own = topic === "start" ? "README.md" : `src/manual/${topic}.md`;
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      const [path, anchor] = target!.split("#");
      const file = path === "" ? own : normalize(join(dirname(own), path!));
      const linked = await Deno.readTextFile(root + file);
      assert.ok(anchor === undefined || anchorsOf(linked).has(anchor), `${topic}: ${target}`);
    }
  }
});

Deno.test("the README is one page, and says what is missing only after the first command", () => {
  assert.ok(readme.trimEnd().split("\n").length <= 200);
  const [before] = readme.split("```sh");
  assert.doesNotMatch(before!, /\b(not yet|yet|will|planned)\b/i);
});

Deno.test("the README's picture of a list has columns that `nodepool list` has", async () => {
  await using bench = await CliBench.open();
  const picture = blocks.find(({ topic, language }) => topic === "start" && language === "text")!;
  const columnsOf = (table: string) => table.split("\n")[1]!.split("|").map((cell) => cell.trim());
  const { stdout } = await bench.run("list");
  assert.deepEqual(columnsOf(picture.text).filter((column) => !columnsOf(stdout).includes(column)), []);
});

Deno.test("CHANGELOG.md tells of the version that this is", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const changelog = await Deno.readTextFile(`${root}CHANGELOG.md`);
  assert.equal(changelog.match(/^## \[(\d[^\]]*)\]/m)?.[1], version);
});
