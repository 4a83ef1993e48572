/** scripts/etcd/up and down: what people start for a try. */
import assert from "node:assert/strict";
import { openEtcd } from "../../src/etcd/etcd_gateway.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { exists } from "../exists.ts";
import { testNeeding } from "../needs.ts";
import { etcdNeeds } from "./etcd_cluster.ts";

const { signal } = new AbortController();

const POOL = `
labels: [{name: small, image: debian, providers: [{name: main}]}]
providers:
  - name: main
    auth-url: http://127.0.0.1:1/v3
    username: ci
    password: secret
    project-name: ci
    max-servers: 1
    images: [{name: debian, base-image: debian-12, min-ram: 512, username: debian, private-key: /nowhere/key}]
`;

/** One that ended and that nobody has asked about yet has no arguments. */
function runs(pid: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`) !== "";
  } catch {
    return false;
  }
}

async function script(name: "up" | "down", folder: string): Promise<string> {
  const path = decodeURI(new URL(`../../scripts/etcd/${name}`, import.meta.url).pathname);
  const { success, stdout, stderr } = await new Deno.Command(path, { args: [folder] }).output();
  const text = new TextDecoder();
  assert.ok(success, text.decode(stderr));
  return text.decode(stdout);
}

/** The indented blocks: of nodepool.yaml, and of secure.conf. */
function blocks(said: string): { yaml: string; secure: string } {
  const [, yaml = "", secure = ""] =
    /nodepool\.yaml:\n\n(.*?)\nand into secure\.conf:\n\n(.*?)\n\n?scripts/s.exec(said) ?? [];
  return { yaml, secure };
}

testNeeding(
  [...etcdNeeds, "bash"],
  "scripts/etcd/up starts an etcd that a pool can use, and down leaves nothing of it",
  async () => {
    const parent = await Deno.makeTempDir({ prefix: "nodepool ö " });
    const folder = `${parent}/etcd`;
    try {
      const said = await script("up", folder);
      assert.equal(await script("up", folder), said, "a second time it says the same");
      const { yaml, secure } = blocks(said);
      await Deno.writeTextFile(`${parent}/nodepool.yaml`, `${POOL}${yaml}`);
      await Deno.writeTextFile(`${parent}/secure.conf`, secure, { mode: 0o600 });
      const { config } = await loadConfig(`${parent}/nodepool.yaml`, { secure: `${parent}/secure.conf` });
      const pids = ["e1", "e2", "e3"].map((name) => Deno.readTextFileSync(`${folder}/${name}.pid`).trim());
      {
        await using etcd = openEtcd(config.etcd!);
        const write = { compares: [], then: [{ put: "/nodepool/ci/state/a", value: "1" }] };
        assert.equal((await etcd.transact(write, { signal })).succeeded, true);
      }
      await script("down", folder);
      assert.deepEqual(pids.filter(runs), []);
      assert.equal(exists(folder), false);
      await script("down", folder);
    } finally {
      if (exists(folder)) await script("down", folder);
      await Deno.remove(parent, { recursive: true });
    }
  },
);
