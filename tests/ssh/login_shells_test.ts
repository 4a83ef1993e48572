/** Commands through the login shells that users have: each real one, as sshd starts it (`SHELL -c COMMAND`). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { scriptOf, shCommand } from "../../src/ssh/sh_command.ts";
import { createSsh2Shell } from "../../src/ssh/ssh2_shell.ts";
import { type Need, testNeeding } from "../needs.ts";
import { options, targetOf } from "./login_target.ts";
import { opensshNeeds, startOpensshServer } from "./openssh_server.ts";
import { limits } from "./session_kit.ts";

const shells: readonly { readonly program: string; readonly needs: readonly Need[] }[] = [
  { program: "/bin/sh", needs: [] },
  { program: "bash", needs: ["bash"] },
  { program: "zsh", needs: ["zsh"] },
  { program: "ksh", needs: ["ksh"] },
  { program: "fish", needs: ["fish"] },
  { program: "bsd-csh", needs: ["csh"] },
  { program: "tcsh", needs: ["tcsh"] },
  { program: "busybox sh", needs: ["busybox"] },
];

/** All that shells read in different ways. */
const HARD = [
  `printf '%s|' "it's" '\\n' "\${HOME:+home}" \`echo back\` $(echo sub) 100% "!bang" 'a!b' '~' '*' "t\\\\t" äöü 日本`,
  "cat <<'END'",
  "one 'line' \"of\" text > with < signs ! & such",
  "END",
  "if true; then echo then >/dev/null 2>&1; fi",
  "echo to-stderr >&2",
  `: ${"a long word that no shell has to shorten ".repeat(60)}`,
  "exit 7",
].join("\n");
const HARD_OUTPUT = "it's|\\n|home|back|sub|100%|!bang|a!b|~|*|t\\t|äöü|日本|" +
  "one 'line' \"of\" text > with < signs ! & such\nto-stderr\n";

for (const { program, needs } of shells) {
  testNeeding(
    [...opensshNeeds, ...needs],
    `whoever has ${program} as login shell: a command goes to sh as a whole`,
    async () => {
      await using server = await startOpensshServer({
        lines: [`ForceCommand exec ${program} -c "$SSH_ORIGINAL_COMMAND"`],
      });
      const shell = createSsh2Shell();
      const { exitCode, output } = await shell.login(targetOf(server), options(HARD));
      assert.deepEqual([exitCode, output], [7, HARD_OUTPUT]);
      await using session = await shell.connect(targetOf(server), limits());
      const result = await session.run("echo $PATH; echo $0; cat; echo over", limits());
      const lines = result.output.split("\n");
      for (const folder of ["/usr/sbin", "/sbin"]) assert.ok(lines[0]!.split(":").includes(folder), lines[0]);
      assert.deepEqual(lines.slice(2), ["over", ""], "nothing to read");
    },
  );
}

Deno.test("a command is the same script on the server, whatever is in it", () => {
  const script = fc.string({
    unit: fc.oneof(
      fc.constantFrom(..."'\"\\!$`%\n\t 0789"),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    ),
    maxLength: 1500,
  });
  fc.assert(
    fc.property(script, (text) => {
      const command = shCommand(text);
      assert.ok(
        !command.includes("\n") && !command.includes("!"),
        "one line, and nothing that csh takes for its history",
      );
      assert.equal(scriptOf(command), text);
    }),
    { numRuns: 200 },
  );
  assert.equal(scriptOf("echo hello"), null);
});

testNeeding(["csh", "fish"], "real shells read such a command as it was written", async () => {
  const text = fc.string({
    unit: fc.constantFrom(..."'\"\\!$`%\n a0~*#?;&|<>(){}[]ä"),
    minLength: 1,
    maxLength: 200,
  });
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom("bsd-csh", "fish", "bash"), async (word, shell) => {
      const command = shCommand(`printf '%s' '${word.replaceAll("'", "'\\''")}'`);
      const { stdout, stderr } = await new Deno.Command(shell, { args: ["-c", command], stdin: "null" })
        .output();
      assert.equal(new TextDecoder().decode(stdout), word, new TextDecoder().decode(stderr));
    }),
    { numRuns: 30 },
  );
});
