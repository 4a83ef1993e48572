/**
 * Images on a real OpenStack: one that the real disk-image-create builds and that is uploaded, and one that is prepared
 * over real sshds and snapshotted; made from nothing, used, made anew, rolled back, and deleted without a trace.
 */
import assert from "node:assert/strict";
import { MARKER } from "../../src/build/folder_marker.ts";
import type { DibImageListView, ImageListView, ImageView } from "../../src/views/image_lists.ts";
import { dibElements, dibEnvironment } from "../build/dib_kit.ts";
import { type Devcloud, scenario } from "./devcloud.ts";
import type { NodepoolProcess } from "./nodepool_process.ts";

/** Fails where one of the things is missing that the manual promises to the script. */
const SETUP = `#!/bin/bash
set -eu
echo "preparing $1 as $(id -un) in $PWD: $NODEPOOL_GREETING"
stat -c '%n %a' /etc/nodepool "$0" lib/more.sh
sudo touch /opt/nodepool-scripts/done
`;

/** Provider `cloud` boots with the pool's keypair; `fresh` has none, so that a keypair is made for its image. */
function configuration(devcloud: Devcloud, pool: NodepoolProcess): string {
  const { keys } = devcloud;
  const provider = (name: string, more: string) => `
  - name: ${name}
    auth-url: ${keys.authUrl}
    username: ${keys.username}
    password: ${keys.password}
    project-name: ${keys.projectName}
    networks: [{ name: nodes }]
    auto-floating-ip: false
    boot-timeout: 300
    max-servers: 4
    ${more}
    images:
      - { name: prepared, base-image: debian-12, setup: prepare.sh, ${login(pool)} }`;
  return `
script-dir: ${pool.folder}/scripts
elements-dir: ${dibElements}
labels:
  - { name: built, image: built, min-ready: 1, providers: [{ name: cloud }] }
  - { name: prepared, image: prepared, min-ready: 1, providers: [{ name: cloud }] }
  - { name: fresh, image: prepared, min-ready: 0, providers: [{ name: fresh }] }
diskimages:
  - { name: built, elements: [tiny], release: bookworm, env-vars: { SKIP_BASE: "1" } }
providers:${provider("cloud", `keypair: ${keys.keypair}`)}
      - { name: built, diskimage: built, ${login(pool)} }
${provider("fresh", "")}
`;
}

function login({ keyFile }: NodepoolProcess): string {
  return `flavor-name: m1.tiny, username: debian, private-key: ${keyFile}`;
}

async function writeScripts({ folder }: NodepoolProcess): Promise<void> {
  await Deno.mkdir(`${folder}/scripts/lib`, { recursive: true });
  await Deno.writeTextFile(`${folder}/scripts/prepare.sh`, SETUP, { mode: 0o755 });
  await Deno.writeTextFile(`${folder}/scripts/lib/more.sh`, "true\n", { mode: 0o640 });
}

async function images(pool: NodepoolProcess, image: string): Promise<readonly ImageView[]> {
  const { images } = await pool.fetch<ImageListView>(`/image-list?image=${image}&provider=cloud&state=ready`);
  return images;
}

async function builds(pool: NodepoolProcess): Promise<DibImageListView["dib_images"]> {
  return (await pool.fetch<DibImageListView>("/dib-image-list")).dib_images;
}

/** The image that each ready node's server was booted from, by label, as the cloud says. */
async function bootedFrom(devcloud: Devcloud, pool: NodepoolProcess): Promise<Record<string, string>> {
  const servers = await Promise.all((await pool.nodes("ready")).map(async ({ label, server_id }) => {
    const { image } = await devcloud.openstack("server", "show", server_id!);
    return [label, image.match(/\(([0-9a-f-]{36})\)/)?.[1]];
  }));
  return Object.fromEntries(servers);
}

scenario(
  "an image that is built and one that is prepared are made from nothing, used, rotated and rolled back",
  async (devcloud, pool) => {
    const keypairs = await devcloud.keypairs();
    await writeScripts(pool);
    await pool.configure(configuration(devcloud, pool));
    await Deno.mkdir(`${pool.folder}/tmp`);
    await pool.startDaemon({
      env: { ...dibEnvironment(pool.folder), NODEPOOL_GREETING: 'it\'s "fine" $HOME' },
    });

    await pool.untilReady(2);
    const [built] = await images(pool, "built");
    const [prepared] = await images(pool, "prepared");
    assert.deepEqual(await bootedFrom(devcloud, pool), {
      built: built!.image_id,
      prepared: prepared!.image_id,
    });
    await carriesMarks(devcloud, { built: built!, prepared: prepared! });
    await toldWhatSetupDid(prepared!);
    await pool.until("the image with a keypair of its own is ready", async () => {
      const { images } = await pool.fetch<ImageListView>("/image-list?provider=fresh&state=ready");
      return images.length === 1;
    });

    const [build] = await builds(pool);
    assert.equal(
      (await devcloud.openstack("image", "show", built!.image_id!)).checksum,
      build!.files[0]!.md5,
    );

    await pool.succeed("image-update", "cloud", "built");
    await pool.succeed("image-update", "cloud", "prepared");
    const [, newer] = await images(pool, "built");
    await renew(pool, "built");
    assert.equal((await bootedFrom(devcloud, pool)).built, newer!.image_id);

    await pool.succeed("image-delete", String(newer!.id));
    await renew(pool, "built");
    assert.equal((await bootedFrom(devcloud, pool)).built, built!.image_id);
    await pool.until("the bad image is gone from the cloud", async () => {
      const listed: { ID: string }[] = await devcloud.openstack("image", "list", "--private");
      return listed.every(({ ID }) => ID !== newer!.image_id);
    });

    await deletesEverything(devcloud, pool);
    assert.deepEqual(await devcloud.keypairs(), keypairs);
  },
);

async function carriesMarks(
  devcloud: Devcloud,
  made: Record<"built" | "prepared", ImageView>,
): Promise<void> {
  for (const view of Object.values(made)) {
    const { name, status, visibility, properties } = await devcloud.openstack(
      "image",
      "show",
      view.image_id!,
    );
    assert.deepEqual([name, status, visibility], [view.hostname, "active", "private"]);
    assert.equal(properties.nodepool_image_id, String(view.id));
    assert.match(properties.nodepool_installation, /^[0-9a-f-]{36}$/);
  }
}

async function toldWhatSetupDid({ log_file, hostname }: ImageView): Promise<void> {
  const log = await Deno.readTextFile(log_file!);
  assert.ok(log.includes(`preparing ${hostname} as debian in /opt/nodepool-scripts: it's "fine" $HOME`), log);
  assert.match(log, /^\/etc\/nodepool 777$/m);
  assert.match(log, /^\.\/prepare\.sh 755$/m);
  assert.match(log, /^lib\/more\.sh 755$/m);
}

/** Has the label's ready node replaced by a fresh one. */
async function renew(pool: NodepoolProcess, label: string): Promise<void> {
  const ready = async () => (await pool.nodes("ready")).filter((node) => node.label === label);
  const [old] = await ready();
  await pool.succeed("delete", String(old!.id), "--now");
  await pool.until(`a fresh node of ${label} is ready`, async () => (await ready()).length === 1);
}

/** With nothing in the configuration that needs them, nodes and images go; nothing of ours is left on cloud or disk. */
async function deletesEverything(devcloud: Devcloud, pool: NodepoolProcess): Promise<void> {
  const text = (await configuration(devcloud, pool)).replaceAll(/min-ready: \d+/g, "min-ready: -1");
  await pool.configure(text);
  await pool.until("the daemon has read it", async () => {
    const { labels } = await pool.fetch("/label-list");
    return labels.every(({ min_ready }: { min_ready: number }) => min_ready < 0);
  });
  const nodes = await pool.nodes();
  await pool.succeed("delete", ...nodes.map(({ id }) => String(id)), "--now");
  const { images } = await pool.fetch<ImageListView>("/image-list");
  await pool.succeed("image-delete", ...images.map(({ id }) => String(id)));
  await pool.succeed("dib-image-delete", ...(await builds(pool)).map(({ id }) => String(id)));
  await pool.until("no image is left", async () => {
    const { images } = await pool.fetch<ImageListView>("/image-list");
    return images.length === 0 && (await builds(pool)).length === 0;
  });
  assert.deepEqual(await devcloud.leftovers(), []);
  assert.deepEqual(await devcloud.openstack("image", "list", "--private"), []);
  const left = [...Deno.readDirSync(`${pool.folder}/images`)].map(({ name }) => name);
  assert.deepEqual(left, [MARKER]);
  assert.equal(await pool.endDaemon("SIGTERM"), 0);
}
