import assert from "node:assert/strict";
import { shellQuote } from "../../src/lib/shell_quote.ts";
import { testNeeding } from "../needs.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { programEnvironment } from "./program.ts";
import { RunningPool } from "./running_pool.ts";

testNeeding(
  ["ssh", "script"],
  "ssh logs in to a node of a running pool, at a terminal or not, held first where wished",
  async (t) => {
    const config = oneCloudConfig({ labels: { small: 2 }, maxServers: 4 });
    await using pool = await RunningPool.start({
      config,
      clouds: [{ ssh: { commands: [{ command: "sleep *", time: 600_000 }] } }],
    });
    pool.startDaemon();
    await pool.until(async () => await pool.count("ready") === 2);
    const [first] = await pool.nodes();
    const id = String(first!.id);

    await t.step("a ready node is held first", async () => {
      const refused = await pool.run("ssh", id, "hostname");
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /is ready and may be handed out at any moment/);
      const { code, stdout, stderr } = await pool.run("ssh", "--hold", "--reason", "a look", id, "hostname");
      assert.deepEqual([code, stdout.trim()], [0, first!.hostname]);
      assert.match(stderr, new RegExp(`^nodepool: node ${id} is held; .unhold ${id}. ends that$`, "m"));
      assert.equal(await pool.count("hold"), 1);
    });

    await t.step("the exit code is the command's, of a connection that fails OpenSSH's", async () => {
      assert.equal((await pool.run("ssh", id, "exit 9")).code, 9);
      assert.equal(
        (await pool.run("ssh", "-o", "ConnectTimeout=1", "-o", "ProxyCommand=false", id, "true")).code,
        255,
      );
    });

    await t.step("at a terminal the command has one, too, otherwise none", async () => {
      const words = ["ssh", "-o", "LogLevel=DEBUG2", id, "hostname"];
      assert.doesNotMatch((await pool.run(...words)).stderr, /pty-req/);
      const atTerminal = async (words: readonly string[]) => {
        const line = [...pool.commandOf(...words)].map(shellQuote).join(" ");
        const { code, stdout } = await new Deno.Command("script", {
          args: ["-qefc", line, "/dev/null"],
          clearEnv: true,
          env: programEnvironment({ OS_CLIENT_CONFIG_FILE: `${pool.folder}/clouds.yaml` }),
          stdin: "null",
        }).output();
        return { code, shown: new TextDecoder().decode(stdout) };
      };
      // Not both at once: what OpenSSH says would stand within what the command prints.
      const { code, shown } = await atTerminal(["ssh", id, "hostname"]);
      assert.deepEqual([code, shown.includes(first!.hostname)], [0, true], shown);
      assert.match((await atTerminal(words)).shown, /pty-req/);
    });

    // With what shells and OpenSSH split words at.
    const temporary = `${pool.folder}/vorläufig & 100% zwei`;
    await Deno.mkdir(temporary);
    const spawn = (remote: string) => {
      const [command, ...args] = pool.commandOf("ssh", id, remote) as [string, ...string[]];
      return new Deno.Command(command, {
        args,
        clearEnv: true,
        env: programEnvironment({ OS_CLIENT_CONFIG_FILE: `${pool.folder}/clouds.yaml`, TMPDIR: temporary }),
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
    };
    const sessions = () => [...Deno.readDirSync(temporary)].length;

    await t.step("it works wherever temporary files lie, and leaves none behind", async () => {
      assert.deepEqual([(await spawn("exit 9").status).code, sessions()], [9, 0]);
      await Deno.rename(`${pool.folder}/key`, `${pool.folder}/moved`);
      assert.deepEqual([(await spawn("exit 9").status).code, sessions()], [1, 0]);
      await Deno.rename(`${pool.folder}/moved`, `${pool.folder}/key`);
    });

    await t.step("a signal ends the session, and nothing is left of it", async () => {
      for (const signal of ["SIGTERM", "SIGHUP"] as const) {
        const child = spawn("sleep 600");
        await pool.until(() => sessions() === 1);
        await pool.until(() => isRunning(child.pid));
        child.kill(signal);
        const { code } = await child.status;
        // OpenSSH's client says it in one of two ways, depending on how far it has come.
        assert.ok([143, 255].includes(code), `${signal}: ${code}`);
        assert.equal(sessions(), 0, signal);
      }
    });

    await t.step("logs shows its console", async () => {
      const { code, stdout } = await pool.run("logs", id, "-n", "2");
      assert.deepEqual([code, stdout], [
        0,
        `Started OpenBSD Secure Shell server.\n${first!.hostname} login:\n`,
      ]);
    });

    await t.step("both work where no daemon runs", async () => {
      await pool.stopDaemon();
      assert.equal((await pool.run("ssh", id, "hostname")).stdout.trim(), first!.hostname);
      assert.match((await pool.run("logs", id)).stdout, /login:\n$/);
    });
  },
);

/** Whether a program runs as the child of that process, whichever of its threads has started it. */
async function isRunning(parent: number): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(`/proc/${parent}/task`)) {
      const children = await Deno.readTextFile(`/proc/${parent}/task/${name}/children`);
      if (children.trim() !== "") return true;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // the thread has ended
  }
  return false;
}
