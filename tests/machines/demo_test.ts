/** `scripts/demo --machines` shows what it says, and leaves neither a process nor a file behind, however it ends. */
import { deepEqual, equal, match } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { shellQuote } from "../../src/lib/shell_quote.ts";
import { programCommand } from "../e2e/program.ts";
import { eventually } from "../eventually.ts";
import { testNeeding } from "../needs.ts";
import { etcdNeeds } from "./etcd_cluster.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const needs = [...etcdNeeds, "bash"] as const;

/** A stage with blanks and umlauts in its path, from which it is removed when the test is over. */
async function demonstrate(use: (demo: Deno.ChildProcess, tmpdir: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "démo machines " });
  const nodepool = `${folder}/program`;
  const words = programCommand([]).map(shellQuote);
  await Deno.writeTextFile(nodepool, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
  const tmpdir = `${folder}/tmp`;
  await Deno.mkdir(tmpdir);
  const main = `${root}scripts/demonstration/machines.ts`;
  const args = ["run", "-A", "--no-check", "--cached-only", "--config", `${root}deno.json`, main, nodepool];
  const demo = new Deno.Command(Deno.execPath(), {
    args,
    cwd: folder,
    env: { TMPDIR: tmpdir },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await use(demo, tmpdir);
  deepEqual([...Deno.readDirSync(tmpdir)].map(({ name }) => name), []);
  await eventually(() => !processes().some((command) => command.includes(tmpdir)));
  await Deno.remove(folder, { recursive: true });
}

/** The command lines of all that run. */
function processes(): readonly string[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).map(({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/${name}/cmdline`);
    } catch {
      return "";
    }
  });
}

testNeeding(
  needs,
  "the demonstration of several machines kills the leader amid its work, and all of that goes on",
  () =>
    demonstrate(async (demo) => {
      const { code, stdout, stderr } = await demo.output();
      const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      equal(code, 0, said);
      match(said, /The standby leads \d+\.\d s later\./);
      match(said, /\d+ nodes, \d+ servers created: none twice, none left behind/);
    }),
);

testNeeding(
  needs,
  "the demonstration of several machines leaves nothing behind when somebody ends it in the middle",
  () =>
    demonstrate(async (demo) => {
      let said = "";
      for await (const chunk of demo.stdout.pipeThrough(new TextDecoderStream())) {
        const wasThere = said.includes("stands by; a third process");
        said += chunk;
        if (!wasThere && said.includes("stands by; a third process")) demo.kill("SIGINT");
      }
      equal((await demo.status).code, 1);
      match(await new Response(demo.stderr).text(), /The demonstration was stopped by SIGINT/);
    }),
);
