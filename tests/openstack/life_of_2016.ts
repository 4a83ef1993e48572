/**
 * What a pool of `nodepool_2016.yaml` must do on whatever clouds it runs: ten nodes ready, used, held, given back and
 * deleted, as its users see it. The tests on the simulator and on a real OpenStack call it.
 */
import assert from "node:assert/strict";
import type { NodeListView, NodeView } from "../../src/views/node_list.ts";
import type { NodepoolProcess } from "./nodepool_process.ts";
import { runCommand } from "./run_command.ts";

/** The minima of its labels. */
const READY = { "debian-small": 3, "debian-large": 3, "east-only": 2, "west-only": 2 };

/** @returns the ten nodes, ready, as `list -o json` shows them */
export async function fillPool(pool: NodepoolProcess): Promise<readonly NodeView[]> {
  await pool.succeed("config-validate");
  await pool.startDaemon();
  await pool.untilReady(10);
  const { nodes }: NodeListView = JSON.parse(await pool.succeed("list", "-o", "json"));
  const ready = nodes.filter(({ state }) => state === "ready");
  for (const [label, count] of Object.entries(READY)) {
    assert.equal(ready.filter((node) => node.label === label).length, count, label);
  }
  for (const { id, label, provider, nodename, hostname, target } of ready) {
    assert.equal(nodename, `${label}-${provider}-${id}`);
    assert.equal(hostname, `${nodename}.slave.example.org`);
    assert.equal(target, "ci");
  }
  assert.equal(new Set(ready.map(({ ip }) => ip)).size, 10, "each has an address of its own");
  return ready;
}

export async function holdsNode(pool: NodepoolProcess, { id }: NodeView): Promise<void> {
  await pool.succeed("hold", String(id), "--reason", "disk errors");
  const table = await pool.succeed("list", "--state", "hold");
  assert.match(table, new RegExp(`\\b${id}\\b.*\\bhold\\b.*disk errors`));
}

/** Takes a node, runs the command on it with Debian's ssh as the command's help says, and gives it back. */
export async function usesNode(
  pool: NodepoolProcess,
  { label, command }: { label: string; command: string },
): Promise<{ id: number; printed: string }> {
  const variables = await pool.succeed("acquire", label, "--job", "unit-tests", "-o", "env");
  const { stdout } = await runCommand("bash", ["-euc", LOGIN, "login", variables, pool.keyFile, command]);
  const [ids, ...printed] = stdout.split("\n");
  const id = Number(ids);
  const [used] = await pool.nodes("used");
  assert.equal(used?.id, id);
  assert.equal(used?.job, "unit-tests");
  await pool.succeed("release", String(id), "--result", "SUCCESS", "--job", "unit-tests");
  await pool.untilGone(id);
  return { id, printed: printed.join("\n").trim() };
}

/** Only the host keys that nodepool printed are trusted. */
const LOGIN = `
eval "$1"
known=$(mktemp)
trap 'rm -f "$known"' EXIT
printf '%s\\n' "$NODEPOOL_KNOWN_HOSTS" >"$known"
echo "$NODEPOOL_IDS"
ssh -F none -i "$2" -p "$NODEPOOL_PORT" -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes \\
  -o GlobalKnownHostsFile=none -o "UserKnownHostsFile=\\"$known\\"" "$NODEPOOL_USER@$NODEPOOL_ADDRESS" "$3"
`;

export async function deletesNode(pool: NodepoolProcess, { id }: NodeView): Promise<void> {
  assert.match(await pool.succeed("delete", String(id), "--now"), new RegExp(`node ${id}: deleted`));
  assert.ok((await pool.nodes()).every((node) => node.id !== id), "it is no longer listed");
  const again = await pool.run("delete", String(id));
  assert.equal(again.code, 1);
  assert.match(again.stderr, new RegExp(`\\b${id}\\b`));
}

/** Asks the status endpoint with curl, as people and scripts do. */
export async function tellsItsStatus(pool: NodepoolProcess, node: NodeView): Promise<void> {
  const curl = async (path: string, ...options: string[]) =>
    (await runCommand("curl", ["-sSf", ...options, `${pool.statusUrl}${path}`])).stdout;
  assert.ok((await curl("/node-list")).includes(node.hostname), "the list as text");
  const json = await curl("/node-list", "-H", "Accept: application/json");
  assert.ok((JSON.parse(json) as NodeListView).nodes.some(({ id }) => id === node.id), "the list as JSON");
  const metadata = JSON.parse(await curl(`/nodes/${node.id}/metadata`));
  assert.deepEqual(metadata, documentedMetadata(node));
  assert.equal(await curl("/readyz"), "ready\n");
}

/** The two metadata values that 2016's manual documents, decoded. */
export function documentedMetadata({ id, image, provider }: NodeView) {
  return {
    groups: [image, provider],
    nodepool: { image_name: image, provider_name: provider, node_id: id },
  };
}
