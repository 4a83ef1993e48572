/** What is run on a server that becomes an image, in which order, as whom. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { executeScript, type ScriptJob } from "../../src/execute/images/run_script.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { LoginError, type Shell } from "../../src/ssh/shell.ts";
import { NOW } from "../plan/plan_fixtures.ts";
import { HOST_KEY } from "./execute_fixtures.ts";

/** Runs a script on a server that lets one user run commands; root's key is tied to another command. */
async function run(
  kind: ScriptJob["kind"],
  { hasTerminal = true, exitCode = 0, refusals = [] }: {
    hasTerminal?: boolean;
    exitCode?: number;
    /** How the server ends the first connections. */
    refusals?: LoginError["failure"][];
  } = {},
) {
  const told: string[] = [];
  const clock = new VirtualClock(NOW);
  let connections = 0;
  let log = "";
  const shell: Shell = {
    login: () => Promise.reject(new Error("scripts use lasting sessions")),
    connect({ username, hostKeys }) {
      assert.deepEqual(hostKeys, [], "cloud-init may have made others since the first login");
      const refusal = refusals[connections++];
      if (refusal !== undefined) return Promise.reject(new LoginError(refusal, `refused: ${refusal}`));
      if (username !== "ubuntu") return Promise.reject(new LoginError("account", `not ${username}`));
      return Promise.resolve({
        hostKey: HOST_KEY,
        hasTerminal,
        run: (command: string) => {
          // Without what keeps a script from running beside another (`remote_script_test.ts`).
          told.push(command.replace(/if command -v flock [^]* fi && | 9>&-$/g, ""));
          return Promise.resolve({ exitCode, output: "sudo: sorry" });
        },
        copyFolder: (local: string, remote: string) =>
          Promise.resolve(void told.push(`copy ${local} ${remote}`)),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      });
    },
  };
  const job = { kind, script: "run.sh", hostname: "template", variables: {}, scriptDir: "/scripts" };
  const executing = executeScript(job, {
    shell,
    clock,
    signal: new AbortController().signal,
    credentials: { usernames: ["root", "ubuntu"], readPrivateKey: () => Promise.resolve("key") },
    loginTimeout: MINUTE,
    target: (username) =>
      Promise.resolve({
        address: "10.0.0.7",
        port: 22,
        username,
        privateKey: "key",
        hostKeys: ["ssh-rsa BBBB"],
      }),
    log: { write: (chunk) => log += new TextDecoder().decode(chunk) },
  });
  let isOver = false;
  void executing.finally(() => isOver = true);
  await clock.advanceUntil(() => isOver, { within: 2 * MINUTE });
  return { outcome: await executing, told, log, connections, took: clock.now() - NOW };
}

Deno.test("a setup runs as the user who may run commands, its scripts open to all users", async () => {
  const { outcome, told } = await run("setup");
  assert.deepEqual(outcome, { type: "set-up" });
  assert.deepEqual(told.map((command) => command.split(" ").slice(0, 4).join(" ")), [
    "sudo mkdir -p /etc/nodepool",
    "sudo mkdir -p /opt/nodepool-scripts",
    "copy /scripts /opt/nodepool-scripts",
    "chmod -R a+rx /opt/nodepool-scripts",
    "cd /opt/nodepool-scripts && ./run.sh",
    "sync",
  ]);
});

Deno.test("a check runs on its copy of the scripts, and leaves those of the image alone", async () => {
  const { outcome, told } = await run("check");
  assert.deepEqual(outcome, { type: "passed" });
  assert.deepEqual(told, [
    "copy /scripts /tmp/nodepool-check",
    "cd /tmp/nodepool-check && ./run.sh 'template'",
  ]);
});

Deno.test("where the server gives no terminal, the log and the evidence of a failure say so", async () => {
  const { outcome, log } = await run("check", { hasTerminal: false, exitCode: 1 });
  assert.match(log, /^nodepool: the server gave no pseudo-terminal.*requiretty needs one\n/);
  assert.ok(outcome.type === "failed");
  assert.match(outcome.evidence?.console ?? "", /^sudo: sorry\nnodepool: the server gave no pseudo-terminal/);
});

Deno.test("a script that sh cannot run: the failure says what may be the reason", async () => {
  const noexec = await run("check", { exitCode: 126 });
  assert.match(noexec.outcome.type === "failed" ? noexec.outcome.comment : "", /126: .*mounted noexec/);
  const crlf = await run("check", { exitCode: 127 });
  assert.match(crlf.outcome.type === "failed" ? crlf.outcome.comment : "", /127: .*CRLF line ends/);
});

Deno.test("a check that fails says that another image like it would fail too, a setup does not", async () => {
  const [check, setup] = [await run("check", { exitCode: 1 }), await run("setup", { exitCode: 1 })];
  assert.deepEqual([check.outcome.type, setup.outcome.type], ["failed", "failed"]);
  assert.equal(check.outcome.type === "failed" && check.outcome.atFault, "image");
  assert.equal(setup.outcome.type === "failed" && setup.outcome.atFault, undefined);
});

Deno.test("a server that refuses connections for a moment, as sshd does when too many log in, costs no image", async () => {
  for (const kind of ["setup", "check"] as const) {
    const { outcome, took } = await run(kind, { refusals: ["handshake", "network", "handshake"] });
    assert.equal(outcome.type, kind === "setup" ? "set-up" : "passed");
    assert.ok(took >= 3 * SECOND && took < MINUTE);
  }
});

Deno.test("a server that refuses connections for as long as it may take to boot has failed, with the last reason", async () => {
  const { outcome, took } = await run("check", { refusals: Array(1_000).fill("handshake") });
  assert.deepEqual([outcome.type, took <= MINUTE], ["failed", true]);
  assert.ok(outcome.type === "failed" && outcome.comment === "refused: handshake");
});

Deno.test("a server that refuses all users is not asked again", async () => {
  const { outcome, connections } = await run("setup", { refusals: ["auth", "auth"] });
  assert.deepEqual([outcome.type, connections], ["failed", 2]);
});
