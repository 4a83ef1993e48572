/**
 * The daemon as a process on a few kinds of clouds, with OpenStack's own `openstack` command as the witness of what it
 * does there: nodes, an image that is prepared, a job, and nothing left at the end.
 */
import assert from "node:assert/strict";
import { type Manner, manners } from "../scenarios/manners.ts";
import { testNeeding } from "../needs.ts";
import { OpenstackClient } from "../openstack_client.ts";
import { RunningPool } from "./running_pool.ts";

/** One for each way in which servers are reached, clouds answer and logins differ. */
const WITNESSED = [
  "the personality rackspace",
  "the personality tenant",
  "the personality narrow",
  "the personality old",
  "the quirk ssh-forced-command",
  "the quirk ssh-dropbear",
];

function configFor({ provider }: Manner): string {
  const image = (name: string, more: string) =>
    `      - {name: ${name}, base-image: debian-12, ${more}min-ram: 512, username: debian, ` +
    "private-key: FOLDER/key, connection-port: SSH_PORT}";
  return `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
script-dir: FOLDER/scripts
build-log-dir: FOLDER/logs
labels:
  - {name: plain, image: plain, min-ready: 1, providers: [{name: main}]}
  - {name: prepared, image: prepared, min-ready: 1, providers: [{name: main}]}
providers:
  - name: main
    cloud: simulator
    max-servers: 6
    rate: 0
${provider.map((line) => `    ${line}\n`).join("")}    images:
${image("plain", "")}
${image("prepared", "setup: prepare.sh, ")}
`;
}

/** What the `openstack` command answers. */
type Witness = OpenstackClient["json"];

interface SeenServer {
  readonly ID: string;
  readonly Name: string;
  readonly Status: string;
  readonly Networks: Readonly<Record<string, readonly string[]>>;
}

const addressesOf = ({ Networks }: SeenServer) => Object.values(Networks).flat();

for (const name of WITNESSED) {
  const manner = manners.find((one) => one.name === name)!;
  testNeeding(
    ["openstack", "ssh"],
    `the openstack command sees what a daemon does with ${name}`,
    async () => {
      await using pool = await RunningPool.start({
        config: configFor(manner),
        clouds: [{ ...manner.cloud, bootTime: 200, deleteTime: 200, snapshotTime: 200 }],
      });
      await using client = new OpenstackClient({
        OS_CLIENT_CONFIG_FILE: `${pool.folder}/clouds.yaml`,
        HOME: pool.folder,
      });
      const witness: Witness = (...command) => client.json("--os-cloud", "simulator", ...command);
      await Deno.mkdir(`${pool.folder}/scripts`);
      await Deno.writeTextFile(`${pool.folder}/scripts/prepare.sh`, "#!/bin/sh\n", { mode: 0o755 });
      const before = await pool.run("config-validate", "--online");
      assert.equal(before.code, 0, before.stdout + before.stderr);
      pool.startDaemon();
      const settled = async () => await pool.count("ready") === 2 && await pool.count() === 2;
      await pool.until(settled);
      await assertSeen(pool, witness);
      await runJob(pool);
      await pool.until(settled);
      await assertSeen(pool, witness);
      await pool.configure(configFor(manner).replaceAll("min-ready: 1", "min-ready: -1"));
      await pool.until(async () => (await minReady(pool)).every((count) => count === -1));
      for (const { id } of await pool.nodes()) await pool.run("delete", String(id), "--now");
      await pool.until(async () => await pool.count() === 0);
      assert.deepEqual(await witness("server", "list"), []);
      assert.deepEqual(await witness("floating", "ip", "list"), []);
    },
  );
}

async function minReady(pool: RunningPool): Promise<readonly (number | null)[]> {
  const { stdout } = await pool.run("label-list", "-o", "json");
  const { labels }: { labels: readonly { min_ready: number | null }[] } = JSON.parse(stdout);
  return labels.map(({ min_ready }) => min_ready);
}

/** The cloud has the pool's nodes and no other servers, each at the address that the pool tells. */
async function assertSeen(pool: RunningPool, witness: Witness): Promise<void> {
  const servers: readonly SeenServer[] = await witness("server", "list");
  const nodes = await pool.nodes();
  assert.deepEqual(
    servers.map(({ ID }) => ID).toSorted(),
    nodes.map(({ server_id }) => server_id).toSorted(),
  );
  for (const node of nodes) {
    const server = servers.find(({ ID }) => ID === node.server_id)!;
    assert.deepEqual([server.Name, server.Status], [node.hostname, "ACTIVE"]);
    assert.ok(addressesOf(server).includes(node.ip!), `${node.ip} of ${JSON.stringify(server.Networks)}`);
  }
}

/** Takes a node of the image that was prepared, works on it as a CI system does, and gives it back. */
async function runJob(pool: RunningPool): Promise<void> {
  const { stdout } = await pool.run("acquire", "prepared", "-o", "json");
  const { nodes: [node] } = JSON.parse(stdout);
  const knownHosts = `${pool.folder}/known_hosts`;
  await Deno.writeTextFile(knownHosts, `${node.connection.known_hosts.join("\n")}\n`);
  const options = ["-o", "BatchMode=yes", "-o", `UserKnownHostsFile="${knownHosts}"`, "-F", "none"];
  const ran = await new Deno.Command("ssh", {
    args: [
      "-i",
      `${pool.folder}/key`,
      ...options,
      "-p",
      String(node.connection.port),
      `${node.connection.username}@${node.connection.address}`,
      "hostname",
    ],
    stdin: "null",
  }).output();
  assert.equal(
    new TextDecoder().decode(ran.stdout).trim(),
    node.hostname,
    new TextDecoder().decode(ran.stderr),
  );
  const released = await pool.run("release", String(node.id), "--result", "SUCCESS");
  assert.equal(released.code, 0, released.stderr);
  await pool.until(async () => !(await pool.nodes()).some(({ id }) => id === node.id));
}
