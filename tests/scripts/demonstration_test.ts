/** The demonstration that scripts/demo runs leaves nothing behind, whatever ends it. CI runs its whole course. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { shellQuote } from "../../src/lib/shell_quote.ts";
import { programCommand } from "../e2e/program.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The program as one file, which the demonstration takes. */
async function writeProgram(path: string): Promise<string> {
  const words = programCommand([]).map(shellQuote);
  await Deno.writeTextFile(path, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
  return path;
}

function demonstrate(nodepool: string, tmpdir: string): Deno.ChildProcess {
  const main = `${root}scripts/demonstration/main.ts`;
  const args = ["run", "-A", "--no-check", "--cached-only", "--config", `${root}deno.json`, main, nodepool];
  return new Deno.Command(Deno.execPath(), {
    args,
    env: { TMPDIR: tmpdir },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

const namesIn = (folder: string) => new Set(Deno.readDirSync(folder).map(({ name }) => name));

/** Reads to the end, and calls back once, with all of it so far, when the text has come. */
async function follow(
  stream: ReadableStream<Uint8Array>,
  { text, onceThere }: { text: string; onceThere: (said: string) => void },
): Promise<void> {
  let said = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const isNew = !said.includes(text);
    said += chunk;
    if (isNew && said.includes(text)) onceThere(said);
  }
  assert.ok(said.includes(text), said);
}

for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const) {
  Deno.test(`the demonstration leaves no process and no file behind after ${signal}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "démo " });
    const nodepool = await writeProgram(`${folder}/program`);
    const tmpdir = `${folder}/t'm"p #$1`;
    await Deno.mkdir(tmpdir);
    const demonstration = demonstrate(nodepool, tmpdir);
    let ports: number[] = [];
    const onceThere = (said: string) => {
      ports = [/http:\/\/127\.0\.0\.1:(\d+)/, /listen: 127\.0\.0\.1:(\d+)/].map((at) =>
        Number(said.match(at)?.[1])
      );
      demonstration.kill(signal);
    };
    await follow(demonstration.stdout, { text: "$ nodepool list", onceThere });
    assert.equal((await demonstration.status).code, 1);
    for (const port of ports) {
      await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }), Deno.errors.ConnectionRefused);
    }
    assert.deepEqual(namesIn(tmpdir), new Set());
    assert.deepEqual(namesIn(folder), new Set(["program", "t'm\"p #$1"]));
    await Deno.remove(folder, { recursive: true });
  });
}
