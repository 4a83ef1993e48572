import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startCommand } from "../../../src/build/start_command.ts";
import { eventually, PATIENCE } from "../../eventually.ts";
import { isRunning, pidsIn, script, TREE, TREE_SIZE } from "../../build/processes.ts";
import { exists } from "../../exists.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

let folder: string;
Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "command-" });
});
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** A grace that nothing needs which ends when it is asked to, however busy the machine is. */
const patient = { grace: PATIENCE };

/** Starts a shell script with `$1` a file that it may write to. */
async function startScript(
  text: string,
  { environment = {}, grace = PATIENCE }: { environment?: Record<string, string>; grace?: number } = {},
) {
  const own = await Deno.makeTempDir({ dir: folder });
  const file = join(own, "file");
  await script(own, { name: "program", text });
  const path = `${own}:${Deno.env.get("PATH")}`;
  const running = await startCommand("program", {
    args: [file],
    grace,
    environment: { PATH: path, ...environment },
  });
  return { running, file };
}

/** Runs it to its end. */
async function run(text: string, environment: Record<string, string> = {}) {
  const { running, file } = await startScript(text, { environment });
  const output = await new Response(running.output).text();
  return { output, file, exitCode: await running.exitCode };
}

Deno.test("a command gives both outputs in their order, and its exit code", async () => {
  const { output, exitCode } = await run("#!/bin/sh\necho one; echo two >&2; echo three; exit 7\n");
  deepEqual([output, exitCode], ["one\ntwo\nthree\n", 7]);
});

Deno.test("a command that a signal ended has the exit code that a shell would give", async () => {
  equal((await run("#!/bin/sh\nkill -SEGV $$\n")).exitCode, 128 + 11);
});

Deno.test("a command has of this process's environment what it needs, what was added, and no input", async () => {
  const given = { NODEPOOL_ADDED: "a 'b' \"c\"\nd $HOME", LD_NODEPOOL: "x=y z" };
  const { output } = await run(
    '#!/bin/sh\ncat; echo "$NODEPOOL_ADDED|$LD_NODEPOOL|$HOME"\n',
    given,
  );
  equal(output, `${given.NODEPOOL_ADDED}|${given.LD_NODEPOOL}|${Deno.env.get("HOME") ?? ""}\n`);
});

Deno.test("a command sees no secret of this process, and nothing that nobody chose", async () => {
  const secret = {
    OS_PASSWORD: "correct horse",
    OS_CLIENT_CONFIG_FILE: "/etc/clouds.yaml",
    STATSD_HOST: "statsd",
    AWS_SECRET_ACCESS_KEY: "battery",
    LD_LIBRARY_PATH: "/tmp",
  };
  const inherited = {
    DIB_CHOSEN: "1",
    NODEPOOL_CHOSEN: "2",
    LC_CHOSEN: "3",
    https_proxy: "4",
    ELEMENTS_PATH: "5",
  };
  const holder = fileURLToPath(new URL("../../build/command_holder.ts", import.meta.url));
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", `${root}deno.json`, holder, "env"],
    env: {
      ...secret,
      ...inherited,
      HOME: folder,
      DENO_DIR: Deno.env.get("DENO_DIR") ?? `${root}.deno/cache`,
    },
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  for (const [name, value] of Object.entries(inherited)) ok(lines.includes(`${name}=${value}`), name);
  for (const name of Object.keys(secret)) {
    equal(lines.find((line) => line.startsWith(`${name}=`)), undefined, name);
  }
});

Deno.test("a command gets its arguments as they are", async () => {
  const args = ["-x", "a b", "", "$HOME", "*", "LD_X=1", "--", "'"];
  const own = await Deno.makeTempDir({ dir: folder });
  await script(own, { name: "show", text: '#!/bin/sh\nfor a; do echo "<$a>"; done\n' });
  await using running = await startCommand("show", { ...patient, args, environment: { PATH: own } });
  equal(await new Response(running.output).text(), args.map((arg) => `<${arg}>\n`).join(""));
});

Deno.test("what a command has left running is ended when it has ended", async () => {
  const { output, file, exitCode } = await run(`${TREE}exit 3\n`);
  deepEqual([output, exitCode], ["the tree stands\n", 3]);
  const pids = pidsIn(file);
  equal(pids.length, TREE_SIZE);
  deepEqual(pids.filter(isRunning), []);
});

Deno.test("end() ends a command with all that it has started", async () => {
  const { running, file } = await startScript(`${TREE}wait\n`);
  await eventually(() => pidsIn(file).length === TREE_SIZE);
  deepEqual(pidsIn(file).filter((pid) => !isRunning(pid)), []);
  running.end();
  await new Response(running.output).text();
  equal(await running.exitCode, 128 + 15);
  deepEqual(pidsIn(file).filter(isRunning), []);
});

Deno.test("end() kills a command that ignores being asked, after the grace", async () => {
  const text = `#!/bin/sh
trap '' TERM
echo $$ >"$1"
while :; do sleep 0.1; done
`;
  const { running, file } = await startScript(text, { grace: 1_000 });
  await eventually(() => pidsIn(file).length === 1);
  running.end();
  running.end();
  await new Response(running.output).text();
  equal(await running.exitCode, 128 + 9);
  deepEqual(pidsIn(file).filter(isRunning), []);
});

/**
 * As diskimage-builder does it: its output goes through a filter, and it tidies up when it ends. Its last process says that
 * it is there, since bash overlooks a signal that comes just before it waits for one.
 */
const TIDY = `#!/bin/bash
exec > >(while read -r line; do echo "| $line"; done) 2>&1
tidy() {
  for step in 1 2 3; do echo "tidying $step"; sleep 0.1; done
  echo tidied >>"$1.tidied"
}
file=$1
trap 'tidy "$file"' EXIT
echo $$ >>"$1"
sh -c 'echo $$ >>"$1"; exec sleep 1000' sh "$1"
`;
const TIDY_SIZE = 2;

Deno.test("end() lets a command tidy up, and its output come to its end", async () => {
  const { running, file } = await startScript(TIDY);
  await eventually(() => pidsIn(file).length === TIDY_SIZE);
  running.end();
  match(await new Response(running.output).text(), /\| tidying 1\n[^]*\| tidying 2\n\| tidying 3\n$/);
  equal(await Deno.readTextFile(`${file}.tidied`), "tidied\n");
  await running.exitCode;
});

Deno.test("a command that is disposed of is ended, whether its output was read or not", async () => {
  const { running, file } = await startScript(`${TREE}yes\n`);
  await eventually(() => pidsIn(file).length === TREE_SIZE);
  await running[Symbol.asyncDispose]();
  deepEqual(pidsIn(file).filter(isRunning), []);
});

Deno.test("the output of a command ends, though something that left its session holds it open", async () => {
  const { output, file, exitCode } = await run(`#!/bin/sh
setsid sh -c 'echo $$ >"$1"; exec sleep 1000' sh "$1" &
until [ -s "$1" ]; do sleep 0.01; done
echo over
`);
  deepEqual([output, exitCode], ["over\n", 0]);
  for (const pid of pidsIn(file)) Deno.kill(pid, "SIGKILL");
});

Deno.test("a program that is not there, or cannot be run, is refused before anything starts", async () => {
  const own = await Deno.makeTempDir({ dir: folder });
  const start = () =>
    startCommand("program", { ...patient, args: [], environment: { PATH: `relative:${own}` } });
  await rejects(start(), { name: "NotFound", message: /^program program not found in relative:/ });
  await Deno.mkdir(join(own, "program"));
  await rejects(start(), Deno.errors.NotFound);
  await Deno.remove(join(own, "program"));
  await Deno.writeTextFile(join(own, "program"), "#!/bin/sh\n");
  await rejects(start(), { name: "PermissionDenied", message: /\/program is not executable$/ });
  await script(own, { name: "program", text: "#! /nonexistent/python3 -E\n" });
  await rejects(start(), {
    name: "PermissionDenied",
    message: /\/program needs \/nonexistent\/python3, which does not exist$/,
  });
});

/** The permissions of the compiled program. */
async function compiledPermissions(): Promise<string[]> {
  const text = await Deno.readTextFile(join(root, "scripts/permissions"));
  return text.split("\n").filter((line) => line.startsWith("--"));
}

async function startHolder(program: string, file: string): Promise<Deno.ChildProcess> {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      ...await compiledPermissions(),
      "--config",
      join(root, "deno.json"),
      join(root, "tests/build/command_holder.ts"),
      program,
      file,
    ],
    // Deno starts nothing with such a variable in its environment, unless it may run everything.
    env: { PATH: `${folder}:${Deno.env.get("PATH")}`, LD_LIBRARY_PATH: "" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test("commands can be run with the permissions of the compiled program", async () => {
  await script(folder, { name: "shows", text: '#!/bin/sh\necho "$LD_NODEPOOL"; exit 5\n' });
  const { code, stdout, stderr } = await (await startHolder("shows", "")).output();
  const text = new TextDecoder();
  deepEqual([text.decode(stdout), text.decode(stderr), code], ["of the holder\n", "", 5]);
});

for (
  const [what, text] of Object.entries({
    "is ended with all that it has started": `${TREE}wait\n`,
    "is ended even if it writes all the time": `${TREE}yes\n`,
  })
) {
  Deno.test(`a command whose process is killed ${what}`, async () => {
    const file = join(folder, `killed ${what}`);
    await script(folder, { name: "tree", text });
    const holder = await startHolder("tree", file);
    await eventually(() => pidsIn(file).length === TREE_SIZE);
    const all = pidsIn(file);
    ok(all.every(isRunning));
    const supervisor = sessionOf(all[0]!);
    ok(isRunning(supervisor));
    holder.kill("SIGKILL");
    await eventually(() => ![...all, supervisor].some(isRunning));
    await Promise.all([holder.stdout.cancel(), holder.stderr.cancel(), holder.status]);
  });
}

Deno.test("a command whose process is killed still tidies up", async () => {
  const file = join(folder, "killed while it holds things");
  await script(folder, { name: "tidy", text: TIDY });
  const holder = await startHolder("tidy", file);
  await eventually(() => pidsIn(file).length === TIDY_SIZE);
  holder.kill("SIGKILL");
  await eventually(() => exists(`${file}.tidied`));
  await eventually(() => !pidsIn(file).some(isRunning));
  await Promise.all([holder.stdout.cancel(), holder.stderr.cancel(), holder.status]);
});

/** The process that leads its session. */
function sessionOf(pid: number): number {
  return Number(Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/.*\) /, "").split(" ")[3]);
}
