import assert from "node:assert/strict";
import fc from "fast-check";
import { codePoint } from "../code_point.ts";
import { serverMetadata } from "../../src/domain/server_marks.ts";
import { ansibleGroups, groupNames, safeGroupName } from "../../src/views/ansible_groups.ts";
import { type InventoryView, viewInventory } from "../../src/views/inventory.ts";
import { testNeeding } from "../needs.ts";
import { HOST_KEY, sampleNode, sampleReport, SECRETS } from "./sample_pool.ts";

const hostsOf = (inventory: InventoryView, group: string) =>
  (inventory[group] as { hosts: readonly string[] } | undefined)?.hosts;

Deno.test("the inventory has the nodes that can be logged in to, grouped by what they are", () => {
  const inventory = viewInventory(sampleReport());
  const [one, two, four, five] = ["jammy-cloud-a-1", "noble-cloud-a-2", "noble-cloud-b-4", "jammy-cloud-b-5"]
    .map((name) => `${name}.example.org`);
  const { _meta, ...groups } = inventory;
  assert.deepEqual(
    Object.keys(_meta.hostvars),
    [one, two, five, four],
    "none that is building or being deleted",
  );
  assert.deepEqual(groups, {
    cloud_a: { hosts: [one, two] },
    cloud_b: { hosts: [five, four] },
    image_jammy: { hosts: [one, five] },
    image_noble: { hosts: [two, four] },
    jammy: { hosts: [one, five] },
    label_jammy: { hosts: [one, five] },
    label_noble: { hosts: [two, four] },
    noble: { hosts: [two, four] },
    provider_cloud_a: { hosts: [one, two] },
    provider_cloud_b: { hosts: [five, four] },
    state_hold: { hosts: [five] },
    state_ready: { hosts: [one, two] },
    state_used: { hosts: [four] },
  });
});

Deno.test("a host's variables say how to log in to it, and what it is", () => {
  const { _meta: { hostvars } } = viewInventory(sampleReport());
  assert.deepEqual(hostvars["noble-cloud-b-4.example.org"], {
    ansible_host: "203.0.113.4",
    ansible_port: 2222,
    ansible_user: "jenkins",
    ansible_ssh_common_args: "-o 'UserKnownHostsFile=/dev/null' " +
      `-o 'KnownHostsCommand=/usr/bin/printf %%s\\n "[203.0.113.4]:2222 ${HOST_KEY}"' ` +
      "-o 'GlobalKnownHostsFile=/dev/null' -o 'StrictHostKeyChecking=yes'",
    nodepool: {
      id: 4,
      label: "noble",
      provider: "cloud-b",
      az: "nova",
      image: "noble",
      flavor: "m1.small",
      state: "used",
      hostname: "noble-cloud-b-4.example.org",
      server_id: "server-4",
      public_v4: "203.0.113.4",
      public_v6: null,
      private_v4: "10.0.0.4",
      job: "gate/unit",
      comment: null,
      known_hosts: [`[203.0.113.4]:2222 ${HOST_KEY}`],
    },
  });
});

Deno.test("the inventory can be had without a configuration, and holds no secret of one", () => {
  const [host] = Object.values(viewInventory(sampleReport({ config: null }))._meta.hostvars);
  assert.deepEqual([host!.ansible_port, "ansible_user" in host!], [22, false]);
  const text = JSON.stringify(viewInventory(sampleReport()));
  for (const secret of SECRETS) assert.equal(text.includes(secret), false);
});

Deno.test("the groups have those of the servers' metadata, named as Ansible would name them", () => {
  const node = sampleNode({ id: 1, image: "debian-12", provider: "my cloud" });
  const marks = { installation: "i", nodeId: 1, image: node.image, provider: node.provider };
  const groups: string[] = JSON.parse(serverMetadata(marks)["groups"]!);
  const inventory = viewInventory(sampleReport({ nodes: [node] }));
  for (const group of groups) assert.equal(hostsOf(inventory, safeGroupName(group))?.length, 1, group);
  assert.deepEqual(groups.map(safeGroupName), ["debian_12", "my_cloud"]);
});

Deno.test("nodes that share a hostname are told apart by their ids, and odd names become plain ones", () => {
  const nodes = [
    sampleNode({ id: 1, hostname: "same" }),
    sampleNode({ id: 2, hostname: "same" }),
    sampleNode({ id: 3, hostname: "-o x[1:9]" }),
  ];
  const { _meta: { hostvars } } = viewInventory(sampleReport({ nodes }));
  assert.deepEqual(Object.keys(hostvars), ["same-1", "same-2", "o-x-1-9-"]);
  assert.deepEqual(Object.values(hostvars).map(({ nodepool }) => nodepool.hostname), [
    "same",
    "same",
    "-o x[1:9]",
  ]);
});

Deno.test("group names are made safe, and none is taken for one of Ansible's own", () => {
  const names = ["debian-12", "22.04", "all", "ungrouped", "ä b", "_meta", "x"];
  assert.deepEqual(names.map(safeGroupName), [
    "debian_12",
    "_2_04",
    "all_",
    "ungrouped_",
    "__b",
    "_meta_",
    "x",
  ]);
  fc.assert(fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (image, provider) => {
    const node = { image, provider, label: image, state: "ready" } as const;
    const groups = ansibleGroups({ config: null, nodes: [node] })(node);
    assert.ok(groups.every((group) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(group)), groups.join());
    assert.equal(new Set(groups).size, groups.length);
  }));
});

Deno.test("Ansible groups do not collide: names that Ansible would make one of stay apart", () => {
  const names = [
    "ubuntu-22.04",
    "ubuntu_22_04",
    "ubuntu-22-04",
    "debian-12",
    "ж",
    "щ",
    "テスト",
    "label_x",
    "label x",
  ];
  const nameOf = groupNames(names);
  const groups = names.map(nameOf);
  assert.equal(new Set(groups).size, names.length, groups.join());
  assert.ok(groups.every((group) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(group)), groups.join());
  assert.deepEqual([nameOf("ubuntu_22_04"), nameOf("debian-12"), nameOf("label x")], [
    "ubuntu_22_04",
    "debian_12",
    "label_x",
  ]);
  assert.equal(nameOf("ubuntu-22.04"), "ubuntu_22_04_5ce556");
});

Deno.test("Ansible groups are called the same whatever the order, and whichever of the nodes are there", () => {
  const { config, nodes } = sampleReport();
  const node = { ...nodes[0]!, state: "ready" } as const;
  assert.deepEqual(ansibleGroups({ config, nodes })(node), ansibleGroups({ config, nodes: [] })(node));
  fc.assert(fc.property(fc.uniqueArray(fc.string({ minLength: 1, unit: codePoint })), (names) => {
    const [forth, back] = [groupNames(names), groupNames(names.toReversed())];
    assert.deepEqual(names.map(forth), names.map(back));
    assert.equal(new Set(names.map(forth)).size, names.length);
  }));
});

testNeeding(["ansible"], "ansible-inventory takes every group as it is, without a warning", async () => {
  const names = ["ubuntu-22.04", "ubuntu_22_04", "テスト", "ж", "12.04", "22.04", "all"];
  const nodes = names.map((name, index) => sampleNode({ id: index + 1, image: name, label: name }));
  const folder = await Deno.makeTempDir();
  try {
    const script = `${folder}/pool.sh`;
    const inventory = viewInventory(sampleReport({ nodes, config: null }));
    await Deno.writeTextFile(`${folder}/list.json`, JSON.stringify(inventory));
    await Deno.writeTextFile(script, `#!/bin/sh\ncat '${folder}/list.json'\n`, { mode: 0o755 });
    const { stdout, stderr, code } = await new Deno.Command("ansible-inventory", {
      args: ["-i", script, "--list"],
      env: { HOME: folder, ANSIBLE_LOCAL_TEMP: folder, ANSIBLE_DEPRECATION_WARNINGS: "0" },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.deepEqual([code, /warning/i.test(said) ? said : ""], [0, ""]);
    const listed = JSON.parse(new TextDecoder().decode(stdout));
    for (const group of Object.keys(inventory)) assert.ok(group in listed, group);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
