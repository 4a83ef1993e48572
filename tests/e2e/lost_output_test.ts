/** The program where an output takes nothing: the exit code and the other output say all, and no stack trace is shown. */
import assert from "node:assert/strict";
import { shellWord } from "../../src/lib/shell_quote.ts";
import { programCommand } from "./program.ts";

/** @param redirection of the shell, such as `>/dev/full` */
async function run(redirection: string, ...args: string[]) {
  const command = programCommand(args).map(shellWord).join(" ");
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", `${command} ${redirection}`],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

for (const args of [["--version"], ["--debug", "--version"], ["config-example"]]) {
  Deno.test(`${args.join(" ")} onto a full disk fails with one line`, async () => {
    const { code, stderr } = await run(">/dev/full", ...args);
    assert.equal(code, 1);
    const [line] = stderr.split("\n");
    assert.equal(line, "nodepool: cannot write the output: No space left on device (os error 28)");
  });
}

Deno.test("an error has its exit code, whether or not standard error takes its message", async () => {
  assert.equal((await run("2>/dev/full", "no-such-command")).code, 2);
  assert.equal((await run("2>/dev/full", "-c", "/nonexistent/nodepool.yaml", "list")).code, 2);
});
