/** The manual's commands for what an old Nodepool left: with the real `openstack`, on a cloud that has both pools' things. */
import assert from "node:assert/strict";
import { topicTexts } from "../../src/manual/topics.ts";
import { testNeeding } from "../needs.ts";
import { OpenstackClient } from "../openstack_client.ts";
import { blocksOf, sectionOf } from "../readme/document.ts";
import { RunningPool } from "./running_pool.ts";

const config = `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
script-dir: FOLDER/scripts
labels: [{name: small, image: made, min-ready: 1, providers: [{name: my-cloud}]}]
providers:
  - name: my-cloud
    cloud: simulator
    max-servers: 3
    rate: 0
    images: [{name: made, base-image: debian-12, setup: prepare.sh, min-ram: 512, username: debian, private-key: FOLDER/key,
              connection-port: SSH_PORT}]
`;

const OLD = {
  groups: '["trusty", "my-cloud"]',
  nodepool: '{"image_name": "trusty", "provider_name": "my-cloud", "node_id": 7}',
};

testNeeding(["openstack"], "what an old Nodepool left is found and removed, and nothing else", async () => {
  await using pool = await RunningPool.start({ config, clouds: [{ bootTime: 100, deleteTime: 50 }] });
  await Deno.mkdir(`${pool.folder}/scripts`);
  await Deno.writeTextFile(`${pool.folder}/scripts/prepare.sh`, "#!/bin/sh\n", { mode: 0o755 });
  const env = {
    OS_CLIENT_CONFIG_FILE: `${pool.folder}/clouds.yaml`,
    OS_CLOUD: "simulator",
    HOME: pool.folder,
  };
  await using client = new OpenstackClient(env);
  const openstack = async (...words: string[]) => {
    const { code, stderr } = await client.run(words);
    assert.equal(code, 0, `openstack ${words.join(" ")}: ${stderr}`);
  };
  const names = async (...list: string[]) => {
    const rows: { Name: string }[] = await client.json(...list);
    return rows.map(({ Name }) => Name).sort();
  };
  const shell = async (script: string) => {
    const command = `nodepool() { ${
      pool.commandOf().map((word) => `'${word}'`).join(" ")
    } "$@"; }\nset -e\n${script}`;
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", command],
      cwd: pool.folder,
      env,
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.equal(code, 0, `${script}\n${text(stdout)}${text(stderr)}`);
    return text(stdout);
  };
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 1);
  const properties = Object.entries(OLD).map(([key, value]) => `--property=${key}=${value}`);
  const create = ["server", "create", "--flavor=m1.tiny", "--image=debian-12", "--network=private", "--wait"];
  await openstack(...create, ...properties, "trusty-my-cloud-7");
  await openstack(...create, "somebody-elses");
  const save = ["server", "image", "create", "--wait"];
  await openstack(...save, "--name=template-trusty-1460000000", "trusty-my-cloud-7");
  await openstack(...save, "--name=golden", "somebody-elses");
  for (const name of ["template-trusty-1460000000", "mine"]) {
    await shell(`ssh-keygen -q -t ed25519 -N '' -f ${name}`);
    await openstack("keypair", "create", `--public-key=${pool.folder}/${name}.pub`, name);
  }
  const images = () => names("image", "list", "--private");
  const before = await images();
  assert.ok(before.includes("template-trusty-1460000000") && before.includes("golden"));
  const own = before.filter((name) => name.startsWith("template-made-"));
  assert.equal(own.length, 1, `${before}`);

  const section = sectionOf(topicTexts["migration"]!, "## What the old Nodepool left on the clouds");
  const scripts = blocksOf(section).filter(({ language }) => language === "sh");
  assert.equal(scripts.length, 2);
  for (const { text } of scripts) assert.match(await shell(text), /trusty/);

  const servers = () => names("server", "list");
  await pool.until(async () => !(await servers()).includes("trusty-my-cloud-7"));
  const [node] = (await pool.nodes()).filter(({ state }) => state === "ready");
  assert.deepEqual(await servers(), [node!.hostname, "somebody-elses"].sort());
  assert.deepEqual(await images(), ["golden", ...own].sort());
  assert.deepEqual(await names("keypair", "list"), ["mine"]);
  assert.equal(await pool.count("ready"), 1);
  assert.equal(await pool.stopDaemon(), 0);
});
