import assert from "node:assert/strict";
import { groupFiles, type NodeGroup } from "../../src/execute/group_files.ts";

const v4 = {
  serverId: "s1",
  zone: "az1",
  addresses: { login: "203.0.113.1", privateV4: "10.0.0.1" as string | null },
};
const v6 = {
  serverId: "s2",
  zone: null,
  addresses: { login: "2001:db8::2", privateV4: null },
};
const group: NodeGroup = {
  primary: v4,
  subnodes: [v6],
  provider: { name: "cloud-a", access: { name: "vexxhost", regionName: "ca-ymq-1" } },
  key: { privateKey: "PRIVATE\n\n", publicKey: "ssh-ed25519 AAAA" },
};

function contents(of: typeof v4 | typeof v6, given = group): Record<string, string> {
  return Object.fromEntries(groupFiles(of, given).map(({ name, content }) => [name, content]));
}

Deno.test("groupFiles() tells a node of itself and of its subnodes, one address on a line", () => {
  assert.deepEqual(contents(v4), {
    role: "primary\n",
    node: "203.0.113.1\n",
    node_private: "10.0.0.1\n",
    primary_node: "203.0.113.1\n",
    primary_node_private: "10.0.0.1\n",
    sub_nodes: "2001:db8::2\n",
    sub_nodes_private: "2001:db8::2\n",
    id_rsa: "PRIVATE\n",
    "id_rsa.pub": "ssh-ed25519 AAAA\n",
    provider:
      "NODEPOOL_PROVIDER=cloud-a\nNODEPOOL_CLOUD=vexxhost\nNODEPOOL_REGION=ca-ymq-1\nNODEPOOL_AZ=az1\n",
    uuid: "s1\n",
  });
});

Deno.test("groupFiles() gives a subnode the same but for what is its own", () => {
  const { role, node, node_private, uuid, provider, ...shared } = contents(v6);
  assert.deepEqual([role, node, node_private, uuid], ["sub\n", "2001:db8::2\n", "2001:db8::2\n", "s2\n"]);
  assert.match(provider!, /^NODEPOOL_AZ=$/m);
  for (const [name, content] of Object.entries(shared)) assert.equal(contents(v4)[name], content, name);
});

Deno.test("groupFiles() of a node alone names no subnodes", () => {
  const alone = contents(v4, { ...group, subnodes: [] });
  assert.deepEqual([alone.role, alone.sub_nodes, alone.sub_nodes_private], ["primary\n", "", ""]);
});

Deno.test("groupFiles() names a node by the address that logs in, also with ipv6-preferred", () => {
  const preferring = { ...v4, addresses: { ...v4.addresses, login: "2001:db8::1" } };
  const files = contents(v6, { ...group, primary: preferring });
  assert.deepEqual([files.primary_node, files.primary_node_private], ["2001:db8::1\n", "10.0.0.1\n"]);
  assert.equal(contents(preferring, { ...group, primary: preferring }).node, "2001:db8::1\n");
});

Deno.test("groupFiles() keeps the private key from others, and nothing else", () => {
  for (const { name, mode } of groupFiles(v4, group)) {
    assert.equal(mode, name === "id_rsa" ? 0o600 : 0o644, name);
  }
});
