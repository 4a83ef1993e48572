/**
 * A node with two subnodes on a real OpenStack: the files of its group, a key pair that leads from one of its servers to
 * the others, its label's ready script on each, and its end; and a ready script that fails.
 */
import assert from "node:assert/strict";
import type { NodeDetails } from "../../src/views/node_details.ts";
import type { NodeView } from "../../src/views/node_list.ts";
import type { ProviderListView } from "../../src/views/provider_list.ts";
import { type Devcloud, scenario } from "./devcloud.ts";
import type { NodepoolProcess } from "./nodepool_process.ts";
import { runCommand } from "./run_command.ts";

const GREETING = 'it\'s "fine" $HOME';

const READY = `#!/bin/bash
set -eu
printf '%s\\n' "$0 $*" "$PWD" "$(id -un)" "$NODEPOOL_GREETING" | sudo tee ran >/dev/null
`;

const BROKEN = `#!/bin/bash
echo "no mirror answers at $1" >&2
exit 3
`;

function configuration(
  { keys }: Devcloud,
  { folder, keyFile }: NodepoolProcess,
  readyScript: string,
): string {
  return `
script-dir: ${folder}/scripts
labels:
  - name: trio
    image: debian
    min-ready: 1
    subnodes: 2
    ready-script: ${readyScript}
    providers: [{ name: cloud }]
  - { name: solo, image: debian, min-ready: 1, providers: [{ name: cloud }] }
providers:
  - name: cloud
    auth-url: ${keys.authUrl}
    username: ${keys.username}
    password: ${keys.password}
    project-name: ${keys.projectName}
    keypair: ${keys.keypair}
    networks: [{ name: nodes }]
    auto-floating-ip: false
    boot-timeout: 300
    launch-retries: 1
    max-servers: 4
    images:
      - name: debian
        base-image: debian-12
        flavor-name: m1.tiny
        username: debian
        private-key: ${keyFile}
`;
}

async function start(devcloud: Devcloud, pool: NodepoolProcess, readyScript: string): Promise<void> {
  await Deno.mkdir(`${pool.folder}/scripts`);
  await Deno.writeTextFile(`${pool.folder}/scripts/ready.sh`, READY, { mode: 0o755 });
  await Deno.writeTextFile(`${pool.folder}/scripts/broken.sh`, BROKEN, { mode: 0o755 });
  await pool.configure(configuration(devcloud, pool, readyScript));
  await pool.startDaemon({ env: { NODEPOOL_GREETING: GREETING } });
}

scenario(
  "a node with two subnodes has the files of its group and its ready script on each, and ends as one",
  async (devcloud, pool) => {
    await start(devcloud, pool, "ready.sh with words");
    const [solo, node, ...subnodes] = await untilReady(pool);
    await knowEachOther(pool, { node: solo!, subnodes: [] });
    const servers = [node!, ...subnodes];
    for (const server of servers) {
      await ranReadyScript(pool, server);
      await carriesMarks(devcloud, { server, node: node! });
    }
    await knowEachOther(pool, { node: node!, subnodes });
    await logsInToSubnode(pool, { node: node!, subnode: subnodes[0]! });

    const refused = await pool.run("delete", String(subnodes[0]!.id));
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`subnode of node ${node!.id}`));
    await pool.succeed("delete", String(node!.id), "--now");
    const listed = new Set((await devcloud.servers()).map(({ ID }) => ID));
    assert.deepEqual(servers.filter(({ server_id }) => listed.has(server_id!)), []);
    await pool.drain();
    assert.deepEqual(await devcloud.leftovers(), []);
  },
);

/** The node without subnodes, the one that has some, and these, by id. */
async function untilReady(pool: NodepoolProcess): Promise<readonly NodeView[]> {
  const ready = [...await pool.untilReady(4)].sort((one, other) =>
    one.label.localeCompare(other.label) || one.id - other.id
  );
  assert.deepEqual(ready.map(({ label, role }) => `${label} ${role}`), [
    "solo node",
    "trio node",
    "trio subnode",
    "trio subnode",
  ]);
  const [, trio, ...subnodes] = ready;
  const { node }: { node: NodeDetails } = await pool.fetch(`/nodes/${trio!.id}`);
  assert.deepEqual(
    node.subnodes,
    subnodes.map(({ id, hostname, server_id, state, ip }) => ({ id, hostname, server_id, state, ip })),
  );
  return ready;
}

/** What a command prints on the node's server. */
async function on(pool: NodepoolProcess, { ip }: NodeView, command: string): Promise<string> {
  return (await runCommand("ssh", [...sshOptions, "-i", pool.keyFile, `debian@${ip}`, command])).stdout;
}

const sshOptions = [
  "-F",
  "none",
  ...["BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=no", "LogLevel=ERROR"].flatMap((
    option,
  ) => ["-o", option]),
  "-o",
  "UserKnownHostsFile=/dev/null",
];

async function ranReadyScript(pool: NodepoolProcess, server: NodeView): Promise<void> {
  assert.equal(
    await on(pool, server, "cat /opt/nodepool-scripts/ran"),
    `./ready.sh with words ${server.hostname}\n/opt/nodepool-scripts\ndebian\n${GREETING}\n`,
  );
}

async function carriesMarks(
  devcloud: Devcloud,
  { server, node }: { server: NodeView; node: NodeView },
): Promise<void> {
  const { name, status, properties } = await devcloud.openstack("server", "show", server.server_id!);
  assert.deepEqual([name, status], [server.hostname, "ACTIVE"]);
  const { groups, nodepool, nodepool_node: own } = properties;
  assert.deepEqual(JSON.parse(groups), ["debian", "cloud"]);
  assert.deepEqual(JSON.parse(nodepool), {
    image_name: "debian",
    provider_name: "cloud",
    node_id: node.id,
  });
  assert.equal(own, server === node ? undefined : String(server.id));
}

/** Every file with its mode and contents, as the manual lists them. */
async function knowEachOther(
  pool: NodepoolProcess,
  { node, subnodes }: { node: NodeView; subnodes: readonly NodeView[] },
): Promise<void> {
  const addresses = subnodes.map(({ ip }) => `${ip}\n`).join("");
  const keys = new Set<string>();
  for (const server of [node, ...subnodes]) {
    const files = await readFiles(pool, server);
    const { id_rsa: privateKey, "id_rsa.pub": publicKey, ...rest } = files;
    assert.deepEqual(rest, {
      role: ["644", server === node ? "primary\n" : "sub\n"],
      node: ["644", `${server.ip}\n`],
      node_private: ["644", `${server.ip}\n`],
      primary_node: ["644", `${node.ip}\n`],
      primary_node_private: ["644", `${node.ip}\n`],
      sub_nodes: ["644", addresses],
      sub_nodes_private: ["644", addresses],
      provider: [
        "644",
        `NODEPOOL_PROVIDER=cloud\nNODEPOOL_CLOUD=cloud\nNODEPOOL_REGION=\nNODEPOOL_AZ=${server.az ?? ""}\n`,
      ],
      uuid: ["644", `${server.server_id}\n`],
    });
    assert.deepEqual([privateKey?.[0], publicKey?.[0]], ["600", "644"]);
    assert.match(privateKey![1]!, /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    keys.add(privateKey![1]!).add(publicKey![1]!);
  }
  assert.equal(keys.size, 2, "one key pair for all of them");
}

/** Mode and contents of each file in /etc/nodepool, by name. */
async function readFiles(
  pool: NodepoolProcess,
  server: NodeView,
): Promise<Record<string, readonly [mode: string, content: string]>> {
  const printed = await on(
    pool,
    server,
    'cd /etc/nodepool; for f in *; do echo "$f $(stat -c %a "$f") $(base64 -w0 "$f")"; done',
  );
  return Object.fromEntries(
    printed.trim().split("\n").map((line) => {
      const [name, mode, content] = line.split(" ");
      return [name!, [mode!, atob(content ?? "")] as const];
    }),
  );
}

/**
 * A server of the development cloud lets in its keypair alone. A second sshd on the subnode, for one login, goes by its
 * user's authorized_keys, as any other image's does.
 */
async function logsInToSubnode(
  pool: NodepoolProcess,
  { node, subnode }: { node: NodeView; subnode: NodeView },
): Promise<void> {
  await on(pool, subnode, ONE_LOGIN.replaceAll("ADDRESS", subnode.ip!));
  const login = `ssh ${sshOptions.join(" ")} -p 2022 -i /etc/nodepool/id_rsa debian@${subnode.ip}`;
  const there = await on(
    pool,
    node,
    `for i in $(seq 100); do ${login} cat /etc/nodepool/uuid && break; sleep 0.2; done 2>/dev/null`,
  );
  assert.equal(there, `${subnode.server_id}\n`);
}

const ONE_LOGIN = `
sudo ssh-keygen -q -t ed25519 -N '' -f /etc/second_host_key
sudo timeout 60 /usr/sbin/sshd -d -f /dev/null -h /etc/second_host_key -o Port=2022 -o ListenAddress=ADDRESS \\
  -o AuthorizedKeysFile=.ssh/authorized_keys -o StrictModes=no </dev/null >/dev/null 2>&1 &
`;

scenario(
  "a ready script that fails pauses its label, leaves its output and no server",
  async (devcloud, pool) => {
    await start(devcloud, pool, "broken.sh");
    await pool.until("the label pauses", async () => {
      const { providers } = await pool.fetch<ProviderListView>("/provider-list");
      const pause = providers[0]?.pauses.find(({ label }) => label === "trio");
      return pause !== undefined && pause.failures >= 2 && pause.until !== null;
    });
    const node = await firstFailed(pool);
    assert.equal(node.result, "failed");
    assert.equal(node.evidence?.kind, "script");
    assert.match(
      node.evidence.error,
      /^the ready script broken\.sh on trio-cloud-\S+ ended with exit code 3$/,
    );
    assert.match(node.evidence.console ?? "", /^no mirror answers at trio-cloud-/m);
    await pool.drain();
    assert.deepEqual(await devcloud.leftovers(), []);
  },
);

/** What is told of the label's first node that failed. */
async function firstFailed(pool: NodepoolProcess): Promise<NodeDetails> {
  for (let id = 1;; id++) {
    const { node } = await pool.fetch<{ node?: NodeDetails }>(`/nodes/${id}`);
    assert.ok(node !== undefined, "a node of the label has failed");
    if (node.label === "trio" && node.role === "node" && node.result === "failed") return node;
  }
}
