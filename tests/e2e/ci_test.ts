/**
 * What a CI system does with a pool: real clients read what the program prints for them, and nodes of failed jobs are
 * held. OpenSSH's `ssh` and Debian's Ansible are the peers.
 */
import assert from "node:assert/strict";
import { shellQuote } from "../../src/lib/shell_quote.ts";
import { testNeeding } from "../needs.ts";
import { type CommandOutcome, runProgram } from "../simulator/served_simulator.ts";
import { withoutWaits } from "./program.ts";
import { type Ran, RunningPool } from "./running_pool.ts";

/** The image's name is none that Ansible takes as a group's. */
const CONFIG = `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
labels: [{name: small, image: debian-12, min-ready: 2, providers: [{name: east}]}]
providers:
  - name: east
    cloud: simulator
    max-servers: 12
    rate: 0
    images: [{name: debian-12, base-image: debian-12, min-ram: 512, username: debian, private-key: FOLDER/key,
              connection-port: SSH_PORT}]
`;

async function startedPool(): Promise<RunningPool> {
  await using making = new AsyncDisposableStack();
  const clouds = [{ bootTime: 100, deleteTime: 50 }];
  const pool = making.use(await RunningPool.start({ config: CONFIG, clouds }));
  await Deno.writeTextFile(`${pool.folder}/ansible.cfg`, "");
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 2);
  making.move();
  return pool;
}

function done({ code, stdout, stderr }: Ran): string {
  assert.deepEqual({ code, stderr: withoutWaits(stderr) }, { code: 0, stderr: "" });
  return stdout;
}

async function save(pool: RunningPool, { name, text }: { name: string; text: string }): Promise<string> {
  const path = `${pool.folder}/${name}`;
  await Deno.writeTextFile(path, text);
  return path;
}

/** With the pool's key, and nothing of this machine's own configuration. */
function ssh(pool: RunningPool, ...args: string[]): Promise<CommandOutcome> {
  const own = ["-o", "BatchMode=yes", "-o", "GlobalKnownHostsFile=/dev/null", "-i", `${pool.folder}/key`];
  return runProgram("ssh", [...own, ...args], { HOME: pool.folder });
}

function ansible(pool: RunningPool, program: string, ...args: string[]): Promise<CommandOutcome> {
  const env = {
    HOME: pool.folder,
    ANSIBLE_CONFIG: `${pool.folder}/ansible.cfg`,
    ANSIBLE_NOCOLOR: "1",
    ANSIBLE_SSH_ARGS: "-C -o ControlMaster=no",
  };
  return runProgram(program, args, env);
}

async function idsIn(pool: RunningPool, state: string): Promise<readonly string[]> {
  return (await pool.nodes()).filter((node) => node.state === state).map(({ id }) => String(id));
}

testNeeding(
  ["ssh"],
  "ssh logs in to acquired nodes as their configuration says, and to nothing else",
  async (t) => {
    await using pool = await startedPool();
    const hostname = (id: string) => `small-east-${id}`;

    await t.step("by itself, several nodes", async () => {
      const text = done(await pool.run("acquire", "small", "--count", "2", "-o", "ssh-config"));
      const config = await save(pool, { name: "ssh_config", text });
      const ids = await idsIn(pool, "used");
      assert.equal(ids.length, 2);
      const nameOf = async (host: string) => {
        const { code, stdout, stderr } = await ssh(pool, "-F", config, host, "hostname");
        assert.equal(code, 0, stderr);
        return stdout.trim();
      };
      const names = ids.map(hostname);
      assert.deepEqual(await Promise.all(names.map(nameOf)), names);
      // Which of the two is the first one, nobody has said.
      assert.deepEqual((await Promise.all(["node1", "node2"].map(nameOf))).sort(), [...names].sort());
      const [first, second] = text.matchAll(/ssh-\S+ \S+(?=")/g).map(([key]) => key);
      const swapped = await save(pool, { name: "wrong", text: text.replace(first!, second!) });
      const refused = await ssh(pool, "-F", swapped, "node1", "hostname");
      assert.equal(refused.code, 255);
      assert.match(refused.stderr, /Host key verification failed/);
      assert.equal((await ssh(pool, "-F", swapped, "node2", "hostname")).code, 0);
      done(await pool.run("release", ...ids));
    });

    await t.step("with a known_hosts file", async () => {
      const knownHosts = `${pool.folder}/known hosts`;
      const args = ["acquire", "small", "-o", "ssh-config", "--known-hosts", knownHosts];
      const config = await save(pool, { name: "ssh_config", text: done(await pool.run(...args)) });
      const [id] = await idsIn(pool, "used");
      const { code, stdout, stderr } = await ssh(pool, "-F", config, "node1", "hostname");
      assert.deepEqual([code, stdout], [0, `${hostname(id!)}\n`], stderr);
      assert.equal((await Deno.stat(knownHosts)).mode! & 0o777, 0o600);
      await Deno.writeTextFile(knownHosts, "");
      assert.match((await ssh(pool, "-F", config, "node1", "hostname")).stderr, /No .* host key is known/);
      done(await pool.run("release", id!));
    });
  },
);

interface AnsibleInventory {
  readonly _meta: { readonly hostvars: Readonly<Record<string, Record<string, unknown>>> };
  readonly [group: string]: { readonly hosts?: readonly string[] } | AnsibleInventory["_meta"];
}

async function readBack(pool: RunningPool, path: string): Promise<AnsibleInventory> {
  const { code, stdout, stderr } = await ansible(pool, "ansible-inventory", "-i", path, "--list");
  assert.deepEqual([code, stderr], [0, ""]);
  return JSON.parse(stdout);
}

const hostsOf = (inventory: AnsibleInventory, group: string) =>
  (inventory[group] as { hosts?: string[] } | undefined)?.hosts?.sort();

const reading = "Ansible reads the inventory of acquired nodes, whatever its name, and logs in";
testNeeding(["ansible", "ssh"], reading, async () => {
  await using pool = await startedPool();
  const knownHosts = `${pool.folder}/known hosts`;
  const args = ["acquire", "small", "--count", "2", "-o", "ansible", "--known-hosts", knownHosts];
  const text = done(await pool.run(...args));
  const hosts = (await idsIn(pool, "used")).map((id) => `small-east-${id}`).sort();
  for (const name of ["inventory", "inventory.ini", "inventory.yaml"]) {
    const inventory = await readBack(pool, await save(pool, { name, text }));
    for (const group of ["nodepool", "debian_12", "east", "label_small", "state_used"]) {
      assert.deepEqual(hostsOf(inventory, group), hosts, `${name}: ${group}`);
    }
    for (const host of hosts) {
      const { ansible_host, ansible_port, ansible_user, nodepool_id } = inventory._meta.hostvars[host]!;
      assert.equal(host, `small-east-${nodepool_id}`);
      assert.equal(pool.simulator.serverAt(String(ansible_host))?.server.name, host);
      assert.deepEqual([typeof ansible_port, ansible_user], ["number", "debian"]);
    }
  }
  const login = ["-i", `${pool.folder}/inventory`, "--private-key", `${pool.folder}/key`];
  const ran = await ansible(pool, "ansible", "nodepool", ...login, "-m", "raw", "-a", "hostname");
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  for (const host of hosts) {
    assert.match(ran.stdout, new RegExp(`^${host} \\| CHANGED \\| rc=0 >>\\n${host}$`, "m"));
  }
});

testNeeding(
  ["ansible"],
  "Ansible reads the pool through a script, from the daemon and without one",
  async () => {
    await using pool = await startedPool();
    done(await pool.run("hold", "2", "--reason", "a look"));
    const words = pool.commandOf("inventory").map(shellQuote).join(" ");
    const clouds = `export OS_CLIENT_CONFIG_FILE=${shellQuote(`${pool.folder}/clouds.yaml`)}`;
    const text = `#!/bin/sh\n${clouds}\nexec ${words} "$@"\n`;
    const script = await save(pool, { name: "nodepool.sh", text });
    await Deno.chmod(script, 0o755);
    await pool.until(async () => await pool.count("ready") === 2);

    const online = await readBack(pool, script);
    const groupsOf = async (id: number): Promise<string[]> =>
      (await (await pool.fetch(`/nodes/${id}/metadata`)).json()).groups;
    assert.deepEqual(await groupsOf(1), ["debian-12", "east"]);
    for (const group of (await groupsOf(1)).map((name) => name.replaceAll("-", "_"))) {
      assert.deepEqual(hostsOf(online, group), ["small-east-1", "small-east-2", "small-east-3"], group);
    }
    assert.deepEqual(hostsOf(online, "state_hold"), ["small-east-2"]);
    assert.deepEqual(hostsOf(online, "state_ready"), ["small-east-1", "small-east-3"]);
    const { ansible_user, nodepool } = online._meta.hostvars["small-east-2"]!;
    assert.deepEqual([ansible_user, (nodepool as { comment: string }).comment], ["debian", "a look"]);

    const one = JSON.parse(done(await pool.run("inventory", "--host", "small-east-2")));
    assert.deepEqual(
      one,
      JSON.parse(done(await pool.run("inventory", "--list")))._meta.hostvars["small-east-2"],
    );
    assert.equal(await pool.stopDaemon(), 0);
    assert.deepEqual(await readBack(pool, script), online);
    await pool.configure(CONFIG.replace("max-servers", "max-server"));
    const blind = await pool.run("inventory", "--list");
    assert.deepEqual([blind.code, blind.stdout], [1, ""]);
    assert.match(
      blind.stderr,
      /^nodepool: the inventory needs the configuration, which cannot be read: .*nodepool\.yaml:\d+/,
    );
    await pool.configure(CONFIG);
    const unknown = await pool.run("inventory", "--host", "web1");
    assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
    assert.match(unknown.stderr, /^nodepool: there is no host web1 in the inventory/);
  },
);

Deno.test("nodes of a failing job are held up to a number, with a daemon and without one", async (t) => {
  await using pool = await startedPool();
  const acquire = async (job: string) =>
    JSON.parse(done(await pool.run("acquire", "small", "--job", job, "-o", "json"))).nodes[0].id as number;
  const jobs = async () => JSON.parse(done(await pool.run("job-list", "-o", "json"))).jobs;

  await t.step("job-create, job-list", async () => {
    const made = done(await pool.run("job-create", "unit", "--hold-on-failure", "2"));
    assert.equal(made, "job 1: nodes on which unit fails are held, up to 2\n");
    const again = await pool.run("job-create", "unit", "--hold-on-failure", "5");
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^nodepool: job unit already has an entry \(1, .*use `job-delete 1` first/);
    assert.match(done(await pool.run("job-list")), /\| ID \| Name \| Hold on Failure \| Held \|/);
    const shown = await (await pool.fetch("/job-list?format=json")).json();
    assert.deepEqual(shown.jobs.map(({ name, held }: { name: string; held: number }) => [name, held]), [[
      "unit",
      0,
    ]]);
  });

  await t.step("failures at once hold two nodes", async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => acquire("unit")));
    const ends = await Promise.all(ids.map((id) => pool.run("release", String(id), "--result", "FAILURE")));
    const messages = ends.map((end, index) => done(end).replace(`node ${ids[index]}: `, ""));
    assert.equal(messages.filter((message) => message === "held after failing unit\n").length, 2);
    assert.equal(messages.filter((message) => message === "released, and marked for deletion\n").length, 4);
    const held = (await pool.nodes()).filter(({ state }) => state === "hold");
    for (const { comment, hold, job } of held) {
      assert.equal(comment, "Automatically held after failing unit");
      const kept = { reason: comment, owner: "nodepool", until: null, ends: null, may_be_in_use: false };
      assert.deepEqual([hold, job], [kept, "unit"]);
    }
    const [entry] = await jobs();
    assert.deepEqual([entry.held, entry.nodes], [2, held.map(({ id }) => id)]);
  });

  await t.step(
    "without a daemon: another is held once there is room, and kept by the next daemon",
    async () => {
      const id = await acquire("something else");
      const [held] = (await jobs())[0].nodes;
      done(await pool.run("delete", String(held), "--now"));
      assert.equal(await pool.stopDaemon(), 0);
      const end = await pool.run("release", String(id), "--result", "FAILURE", "--job", "unit");
      assert.equal(done(end), `node ${id}: held after failing unit\n`);
      assert.equal(
        done(await pool.run("job-create", "lint", "--hold-on-failure", "1")).slice(0, 6),
        "job 3:",
      );
      assert.deepEqual((await jobs()).map(({ name, held }: { name: string; held: number }) => [name, held]), [
        ["lint", 0],
        ["unit", 2],
      ]);
      assert.equal(done(await pool.run("job-delete", "1")), "job 1: deleted; 2 of its nodes stay held\n");
      pool.startDaemon();
      await pool.until(async () => await pool.count("ready") === 2);
      assert.equal(await pool.count("hold"), 2);
      assert.deepEqual((await jobs()).map(({ name }: { name: string }) => name), ["lint"]);
    },
  );
});
