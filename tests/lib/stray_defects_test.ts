/** What is thrown where nobody catches it: only a process of its own can show that it lives on. */
import assert from "node:assert/strict";

const program = `
import { startLogging } from ${JSON.stringify(import.meta.resolve("../../src/lib/logging.ts"))};
import { catchStrayDefects } from ${JSON.stringify(import.meta.resolve("../../src/lib/bulkhead.ts"))};

await using _logging = await startLogging({ level: "info", format: "json", file: null });
using _strays = catchStrayDefects();
const failing = (what) => () => {
  throw new Error(what);
};
setTimeout(failing("from a timer"), 1);
queueMicrotask(failing("from a microtask"));
void Promise.reject(new Error("from a promise"));
await new Promise((resolve) => setTimeout(resolve, 100));
console.log("lives");
`;

Deno.test("what is thrown where nobody catches it is logged, and the process lives on", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--ext=js", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    cwd: new URL("../..", import.meta.url),
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(program));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.deepEqual([code, out], [0, "lives\n"], err);
  for (const what of ["a timer", "a microtask", "a promise"]) {
    assert.match(err!, new RegExp(`defect in work that nobody waits for: from ${what}`));
  }
});
