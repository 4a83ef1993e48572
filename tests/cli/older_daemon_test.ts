/** Commands and a daemon of 0.3.0, which runs until it is restarted: what it answered then is recorded beside this file. */
import assert from "node:assert/strict";
import { CliBench } from "./run.ts";

/** By path. A line is a path, a blank and the answer. */
const recorded = new Map(
  (await Deno.readTextFile(new URL("answers_of_0_3_0.txt", import.meta.url))).trim().split("\n").map(
    (line) => {
      const end = line.indexOf(" ");
      return [line.slice(0, end), line.slice(end + 1)] as const;
    },
  ),
);

/** That daemon answers on the bench's socket. */
async function openBench() {
  await using resources = new AsyncDisposableStack();
  const bench = resources.use(await CliBench.open({ daemon: false }));
  const server = Deno.serve({ path: bench.socketPath, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const answer = recorded.get(pathname);
    return answer === undefined
      ? Response.json({ error: `no route ${pathname}`, status: 404 }, { status: 404 })
      : new Response(answer);
  });
  resources.defer(() => server.shutdown());
  const held = resources.move();
  return { bench, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

Deno.test("commands that a daemon of 0.3.0 knows show what it answers", async () => {
  await using opened = await openBench();
  const lists = [
    "list",
    "image-list",
    "dib-image-list",
    "label-list",
    "provider-list",
    "request-list",
    "job-list",
  ];
  for (const command of [...lists, "alien-list", "alien-image-list", "status"]) {
    for (const output of ["table", "wide", "json", "csv"]) {
      const { code, stdout, stderr } = await opened.bench.run(command, "-o", output);
      assert.deepEqual({ command, output, code, stderr }, { command, output, code: 0, stderr: "" });
      assert.doesNotMatch(stdout, /undefined|NaN/, `${command} -o ${output}`);
    }
  }
});

Deno.test("commands that a daemon of 0.3.0 does not know say that it is too old", async () => {
  await using opened = await openBench();
  const commands = [
    "dump",
    "events",
    "events --follow",
    "state adopt",
    "explain small",
    "history",
    "report",
    "show 1",
    "logs 1",
  ];
  for (const command of commands) {
    const { code, stderr } = await opened.bench.run(...command.split(" "));
    assert.equal(code, 1, command);
    assert.match(stderr, /^nodepool: the daemon is too old: it runs nodepool 0\.3\.0, .*\n$/, command);
  }
});

Deno.test("options that a daemon of 0.3.0 would pass over are refused", async () => {
  await using opened = await openBench();
  const options = [
    ["hold", "1", "--extend", "1d"],
    ["hold", "1", "--owner", "bob"],
    ["image-delete", "1", "--replace-ready"],
  ] as const;
  for (const [command, id, option, ...value] of options) {
    const { code, stderr } = await opened.bench.run(command, id, option, ...value);
    assert.equal(code, 1, command);
    assert.match(
      stderr,
      new RegExp(`^nodepool: the daemon is too old: .* \\(it does not know ${option}\\)\n$`),
      `${command} ${option}`,
    );
  }
});
