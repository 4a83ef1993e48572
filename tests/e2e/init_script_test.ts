/**
 * A pool under an init script of 2016's shape, with that time's files: defaults, logging.conf, secure.conf. It starts and
 * stops as it did then; a stop waits for a build that is under way.
 */
import assert from "node:assert/strict";
import { missingNeed, testNeeding } from "../needs.ts";
import { JenkinsDouble, PASSWORD, USER } from "../targets/jenkins_double.ts";
import { serveJenkins } from "../targets/served_jenkins.ts";
import { makeNamed } from "./named_program.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";
import { scriptedDiskImageCreate } from "./scripted_disk_image_create.ts";

const config = oneCloudConfig({
  labels: { small: 1 },
  maxServers: 4,
  more: "images-dir: FOLDER/images\ntargets: [{name: ci, rate: 0}]",
}).replace(
  "providers:\n  - name: main",
  "diskimages: [{name: noble, elements: [tiny]}]\nproviders:\n  - name: main",
) + "      - {name: noble, diskimage: noble, min-ram: 512, username: debian, private-key: FOLDER/key}\n";

const loggingConf = `[loggers]
keys=root,nodepool,gear,image

[handlers]
keys=console,debug,normal,image

[formatters]
keys=simple

[logger_root]
level=WARNING
handlers=console

[logger_gear]
level=WARNING
handlers=debug
qualname=gear

[logger_nodepool]
level=DEBUG
handlers=debug,normal
qualname=nodepool

[logger_image]
level=INFO
handlers=image
qualname=nodepool.image.build
propagate=0

[handler_console]
level=WARNING
class=StreamHandler
formatter=simple
args=(sys.stdout,)

[handler_debug]
level=DEBUG
class=logging.handlers.TimedRotatingFileHandler
formatter=simple
args=('FOLDER/log/debug.log', 'midnight', 1, 30,)

[handler_normal]
level=INFO
class=logging.handlers.TimedRotatingFileHandler
formatter=simple
args=('FOLDER/log/nodepool.log', 'midnight', 1, 30,)

[handler_image]
level=INFO
class=logging.FileHandler
formatter=simple
args=('FOLDER/log/image.log',)

[formatter_simple]
format=%(asctime)s %(levelname)s %(name)s: %(message)s
datefmt=
`;

/** start, graceful and stop; what the daemon is given stands in a file of its own. */
const initScript = `#!/bin/sh
PATH=/sbin:/usr/sbin:$PATH
here="FOLDER"
daemon=$here/nodepoold
pidfile=$here/run/nodepool.pid
. "$here/default"

case $1 in
  start)
    mkdir -p "$here/run"
    start-stop-daemon --start --quiet --pidfile "$pidfile" --exec "$daemon" --test >/dev/null || exit 1
    start-stop-daemon --start --quiet --pidfile "$pidfile" --chdir "$here" \\
      --exec "$daemon" -- $DAEMON_ARGS || exit 2
    ;;
  graceful)
    pid=$(cat "$pidfile")
    kill -INT $pid
    kill -USR1 $pid
    while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
    rm -f "$here"/run/*
    ;;
  stop)
    start-stop-daemon --stop --signal 9 --quiet --pidfile "$pidfile" || exit 1
    ;;
esac
`;

class InitPool implements AsyncDisposable {
  readonly pool: RunningPool;

  private constructor(pool: RunningPool) {
    this.pool = pool;
  }

  static async make(pool: RunningPool, files: Readonly<Record<string, string>>): Promise<InitPool> {
    await makeNamed(pool.folder, "nodepoold");
    await Deno.mkdir(`${pool.folder}/log`);
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${pool.folder}/${name}`, pool.filledIn(text), { mode: 0o700 });
    }
    return new InitPool(pool);
  }

  get pidFile(): string {
    return `${this.pool.folder}/run/nodepool.pid`;
  }

  async pid(): Promise<number> {
    return Number(await Deno.readTextFile(this.pidFile));
  }

  async run(verb: string) {
    const command = new Deno.Command("/bin/sh", { args: [`${this.pool.folder}/init`, verb], stdin: "null" });
    const { code, stdout, stderr } = await command.output();
    const text = new TextDecoder();
    return { code, output: text.decode(stdout) + text.decode(stderr) };
  }

  async log(name: string): Promise<readonly string[]> {
    return (await Deno.readTextFile(`${this.pool.folder}/log/${name}`)).split("\n").slice(0, -1);
  }

  async builds(): Promise<readonly string[]> {
    const { dib_images } = JSON.parse((await this.pool.run("dib-image-list", "-o", "json")).stdout);
    return dib_images.map(({ state }: { state: string }) => state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pid = await this.pid().catch(() => null);
    if (pid !== null && isAlive(pid)) Deno.kill(pid, "SIGKILL");
  }
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended and that nobody has taken note of is a zombie.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

const LINE =
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?:DEBUG|INFO|WARNING|ERROR|CRITICAL) nodepool[\w.-]*: \S/;

testNeeding(
  ["bash", "start-stop-daemon"],
  "a pool under 2016's init script starts, waits for a build when it stops, and starts again",
  async (t) => {
    const jenkins = new JenkinsDouble();
    await using served = await serveJenkins(jenkins);
    await using pool = await RunningPool.start({ config, clouds: [{ bootTime: 100, deleteTime: 50 }] });
    await pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds: 6 }));
    const path = `"${pool.folder}/bin:$PATH"`;
    await using init = await InitPool.make(pool, {
      // The script splits the arguments at blanks, so that no path among them may have any.
      default: `export OS_CLIENT_CONFIG_FILE="FOLDER/clouds.yaml" PATH=${path}\n` +
        `DAEMON_ARGS="-c nodepool.yaml -s secure.conf -l logging.conf -p run/nodepool.pid --build-workers 2"\n`,
      init: initScript,
      "logging.conf": loggingConf,
      "secure.conf":
        `[database]\ndburi: mysql://nodepool@localhost/nodepool\n\n[jenkins "ci"]\nuser: ${USER}\n` +
        `apikey: ${PASSWORD}\nurl: ${served.url}\n`,
    });

    await t.step("the script's start returns once the daemon runs, in a session of its own", async () => {
      const { code, output } = await init.run("start");
      assert.deepEqual([code, output], [0, ""]);
      const pid = await init.pid();
      assert.ok(isAlive(pid));
      const [, , group, session] = (await Deno.readTextFile(`/proc/${pid}/stat`)).split(") ")[1]!.split(" ");
      assert.deepEqual([Number(group), Number(session)], [pid, pid]);
      assert.equal(await Deno.readLink(`/proc/${pid}/fd/0`), "/dev/null");
      for (const stream of [1, 2]) {
        assert.equal(
          await Deno.readLink(`/proc/${pid}/fd/${stream}`),
          await Deno.realPath(`${pool.folder}/nodepoold.log`),
        );
      }
      assert.notEqual(await pool.connect().then((daemon) => daemon?.[Symbol.asyncDispose]() ?? null), null);
    });

    await t.step("its nodes are ready, at the Jenkins that secure.conf tells of", async () => {
      await pool.until(async () => await pool.count("ready") === 1);
      const [node] = await pool.nodes();
      assert.equal(node!.manager, "ci");
      assert.ok(jenkins.agents.has(node!.nodename));
    });

    await t.step("the lines are where logging.conf sends them, in its format", async () => {
      for (const line of await init.log("nodepool.log")) assert.match(line, LINE);
      const debug = await init.log("debug.log");
      assert.ok(debug.some((line) => / INFO nodepool\.node: node 1: .* ready /.test(line)), debug.join("\n"));
      assert.ok(debug.some((line) => line.includes('nothing logs as "gear"')));
    });

    await t.step("it is found by the path of its program, as init scripts look for it", async () => {
      const program = `${pool.folder}/nodepoold`;
      // Where the path has blanks, pidof knows no such process by it.
      if (missingNeed(["pidof"]) !== null || /\s/.test(program)) return;
      const { stdout } = await new Deno.Command("pidof", { args: ["-x", program] }).output();
      assert.equal(new TextDecoder().decode(stdout).trim(), String(await init.pid()));
    });

    await t.step("SIGHUP has it read its files again, and SIGUSR2 has it tell what it does", async () => {
      await pool.configure(config.replace("max-servers: 4", "max-servers: 3"));
      const pid = await init.pid();
      Deno.kill(pid, "SIGHUP");
      Deno.kill(pid, "SIGUSR2");
      const logs = (text: string) => async () =>
        (await init.log("debug.log")).some((line) => line.includes(text));
      await pool.until(logs("max-servers"));
      await pool.until(logs("nodepool.stack_dump: the CPU profiler is on"));
    });

    await t.step("a second start says who has the state, and changes nothing", async () => {
      const before = await init.pid();
      const { code, output } = await init.run("start");
      assert.equal(code, 2);
      assert.match(
        output,
        new RegExp(`^nodepoold: the state .* is in use by nodepool daemon \\(pid ${before}\\)`),
      );
      assert.equal(await init.pid(), before);
      assert.ok(isAlive(before));
    });

    await t.step(
      "stopped gracefully in the middle of a build, it ends when that has ended well",
      async () => {
        {
          await using daemon = await pool.connect();
          await daemon!.ask("image-order", { kind: "build", provider: null, image: "noble" });
        }
        await pool.until(async () => (await init.builds()).includes("building"));
        const pid = await init.pid();
        const { code } = await init.run("graceful");
        assert.equal(code, 0);
        assert.ok(!isAlive(pid));
        assert.deepEqual(await init.builds(), ["ready"]);
        assert.ok((await init.log("image.log")).length > 0);
        assert.ok(!(await init.log("nodepool.log")).some((line) => line.includes("nodepool.image.build")));
        await assert.rejects(Deno.stat(init.pidFile), Deno.errors.NotFound);
      },
    );

    await t.step("killed, and started again over what it left, it has the same nodes", async () => {
      assert.equal((await init.run("start")).code, 0);
      const killed = await init.pid();
      assert.equal((await init.run("stop")).code, 0);
      await pool.until(() => !isAlive(killed));
      assert.equal(await init.pid(), killed, "the pid file is left");
      assert.deepEqual(await init.run("start"), { code: 0, output: "" });
      assert.notEqual(await init.pid(), killed);
      await pool.until(async () =>
        (await pool.nodes()).some(({ id, state }) => id === 1 && state === "ready")
      );
      assert.equal((await init.run("graceful")).code, 0);
    });
  },
);
