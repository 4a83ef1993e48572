/** What scripts/package makes, and the package's life on a Debian: installed, run, upgraded under a running pool, removed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { oneCloudConfig } from "../e2e/one_cloud_config.ts";
import { RunningPool } from "../e2e/running_pool.ts";
import { eventually } from "../eventually.ts";
import { missingNeed, type Need, testNeeding } from "../needs.ts";
import { DebianFolder } from "./debian_folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
const needs = ["dpkg-deb"] as const satisfies readonly Need[];

/** All that scripts/package has made. */
let folder: string;
/** The package in it. */
let file: string;

Deno.test.beforeAll(async () => {
  if (missingNeed(needs) !== null) return;
  folder = await Deno.makeTempDir({ prefix: "nodepool package ü " });
  file = await build(folder, {});
});

Deno.test.afterAll(async () => {
  if (missingNeed(needs) === null) await Deno.remove(folder, { recursive: true });
});

/** @returns the package's file */
async function build(target: string, env: Record<string, string>): Promise<string> {
  // Packing it tightly takes longer than all else.
  await output(join(root, "scripts/package"), [target], { DPKG_DEB_COMPRESSOR_TYPE: "none", ...env });
  const [name] = [...Deno.readDirSync(target)].filter(({ name }) => name.endsWith(".deb"));
  return join(target, name!.name);
}

async function output(
  command: string,
  args: readonly string[],
  env?: Record<string, string>,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], env }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${command} ${args.join(" ")}\n${out}${err}`);
  return out!;
}

/** The package as a later version, whose state has the form. */
async function laterVersion(later: string, { form }: { form?: number }): Promise<string> {
  const tree = join(folder, later);
  await output("dpkg-deb", ["-R", file, tree]);
  for (const path of ["DEBIAN/control", "usr/bin/nodepool"]) {
    await replaceIn(join(tree, path), `${version}-1`, `${later}-1`);
  }
  const bundle = join(tree, "usr/lib/nodepool/src/bundle");
  const sources = [...Deno.readDirSync(bundle)].filter(({ name }) => name.endsWith(".js"));
  for (const { name } of sources) await replaceIn(join(bundle, name), `"${version}"`, `"${later}"`);
  if (form !== undefined) {
    await Deno.writeTextFile(join(tree, "usr/share/nodepool/state-version"), `${form}\n`);
  }
  const target = join(folder, `nodepool_${later}.deb`);
  await output("dpkg-deb", ["-Znone", "--build", tree, target]);
  await Deno.remove(tree, { recursive: true });
  return target;
}

async function replaceIn(path: string, from: string, to: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  if (text.includes(from)) await Deno.writeTextFile(path, text.replaceAll(from, to));
}

testNeeding(needs, "the checksums beside the file and the package are theirs", async () => {
  const listed = (await Deno.readTextFile(join(folder, "SHA256SUMS"))).trim().split("\n");
  assert.equal(listed.length, 2);
  await output("sh", ["-c", 'cd "$1" && sha256sum --strict -c SHA256SUMS', "sh", folder]);
});

testNeeding(
  needs,
  "the same sources make the same file and the same package, wherever and by whomever",
  async () => {
    const again = join(folder, "elsewhere");
    const env = { HOME: join(folder, "no home"), TZ: "Asia/Tokyo", LC_ALL: "C" };
    await output("sh", ["-c", 'umask 077 && mkdir "$1"', "sh", again]);
    await build(again, env);
    const sums = (place: string) => Deno.readTextFile(join(place, "SHA256SUMS"));
    assert.equal(await sums(again), await sums(folder));
  },
);

testNeeding(
  needs,
  "the package has the program, its unit, 2016's names, and files that go with it at Debian's places",
  async () => {
    const rows = (await output("dpkg-deb", ["-c", file])).trim().split("\n").map((row) => row.split(/\s+/));
    assert.deepEqual(rows.filter(([, owner]) => owner !== "root/root"), []);
    assert.deepEqual(
      rows.filter(([mode]) => !/^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x|lrwxrwxrwx)$/.test(mode!)),
      [],
    );
    const paths = rows.map((words) => words.slice(5).join(" "));
    for (
      const path of [
        "./etc/logrotate.d/nodepool",
        "./etc/nodepool/",
        "./usr/bin/nodepool",
        "./usr/bin/nodepoold -> nodepool",
        "./usr/bin/nodepool-builder -> nodepool",
        "./usr/lib/nodepool/LICENSES",
        "./usr/lib/systemd/system/nodepool.service",
        "./usr/share/bash-completion/completions/nodepool",
        "./usr/share/zsh/vendor-completions/_nodepool",
        "./usr/share/fish/vendor_completions.d/nodepool.fish",
        "./usr/share/man/man1/nodepool.1.gz",
        "./usr/share/man/man8/nodepoold.8.gz",
        "./usr/share/nodepool/grafana-dashboard.json",
        "./usr/share/doc/nodepool/NEWS.Debian.gz",
        "./usr/share/doc/nodepool/changelog.Debian.gz",
        "./usr/share/doc/nodepool/copyright",
        "./usr/share/doc/nodepool/examples/nodepool.yaml",
        "./usr/share/nodepool/prometheus-rules.yaml",
      ]
    ) assert.ok(paths.includes(path), path);
    assert.equal(await output("dpkg-deb", ["-f", file, "Version"]), `${version}-1\n`);
  },
);

/** What a pool's administrator writes. */
const config = oneCloudConfig({ labels: { small: 1 }, maxServers: 4 })
  .replace("FOLDER/nodepool.kv", "/var/lib/nodepool/nodepool.kv").replace("FOLDER/key", "/etc/nodepool/key");

interface Row {
  readonly id: number;
  readonly state: string;
}

/** A pool whose daemon runs in the Debian, and whose cloud outside. */
class PackagedPool {
  readonly debian: DebianFolder;
  readonly cloud: RunningPool;

  constructor(debian: DebianFolder, cloud: RunningPool) {
    this.debian = debian;
    this.cloud = cloud;
  }

  /** @returns what dpkg and the package's scripts print */
  async install(packageFile: string): Promise<string> {
    await Deno.copyFile(packageFile, `${this.debian.path}/nodepool.deb`);
    return await this.debian.run("dpkg -i /nodepool.deb 2>&1");
  }

  async nodes(): Promise<readonly Row[]> {
    const { stdout } = await this.debian.try("nodepool list -o json");
    try {
      return JSON.parse(stdout).nodes;
    } catch {
      return [];
    }
  }

  /** Waits for a daemon with another pid, that answers. @returns the pid */
  async answersAfter(before: string): Promise<string> {
    const pid = async () => (await this.debian.try("cat /run/nodepool.pid")).stdout.trim();
    const answers = async () => (await this.debian.try("nodepool dump >/dev/null")).code === 0;
    await eventually(async () => await pid() !== before && await answers());
    return await pid();
  }

  servers(): readonly string[] {
    return this.cloud.simulator.cloud().servers.standing().map(({ id }) => id);
  }
}

testNeeding([...needs, "mount", "debootstrap", "apt"], "the package on a Debian", async (t) => {
  // Each step stands on the one before.
  let goesOn = true;
  const step = async (name: string, run: () => Promise<void>) => {
    if (goesOn) goesOn = await t.step(name, run);
  };
  const [later, newForm] = [laterVersion("99.0.0", {}), laterVersion("100.0.0", { form: 1000 })];
  await using debian = await DebianFolder.make();
  await using cloud = await RunningPool.start({ config: "", clouds: [{ bootTime: 100, deleteTime: 50 }] });
  const pool = new PackagedPool(debian, cloud);
  let pid = "";
  let used: Row | undefined;

  await step(
    "installed, it has a user, folders and an enabled unit, and waits for a configuration",
    async () => {
      const said = await pool.install(file);
      assert.match(
        said,
        /there is no \/etc\/nodepool\/nodepool\.yaml yet; 'nodepool manual package' says how to begin/,
      );
      const folders =
        "stat -c '%n %U:%G %a' /etc/nodepool /var/lib/nodepool /var/log/nodepool /usr/lib/nodepool";
      assert.deepEqual((await debian.run(folders)).split("\n"), [
        "/etc/nodepool root:nodepool 750",
        "/var/lib/nodepool nodepool:nodepool 750",
        "/var/log/nodepool nodepool:nodepool 750",
        "/usr/lib/nodepool root:root 755",
      ]);
      assert.equal(await debian.run("systemctl is-enabled nodepool"), "enabled");
      assert.equal((await debian.try("systemctl is-active nodepool")).code, 1);
      assert.match(await debian.run("nodepool --version"), RegExp(`^nodepool ${version} `));
      assert.match(
        await debian.run("runuser -u nobody -- env HOME=/nonexistent TMPDIR=/nonexistent nodepool --version"),
        /^nodepool /,
      );
      assert.equal(await debian.run("dpkg --verify nodepool"), "");
    },
  );

  await step("configured, its daemon has nodes, and a job takes one", async () => {
    await debian.run("mkdir -p /etc/openstack");
    await debian.write("/etc/openstack/clouds.yaml", cloud.cloudsYaml(), 0o640);
    await debian.write("/etc/nodepool/nodepool.yaml", cloud.filledIn(config), 0o640);
    await debian.write("/etc/nodepool/key", await Deno.readTextFile(`${cloud.folder}/key`), 0o640);
    await debian.run("chgrp -R nodepool /etc/nodepool /etc/openstack/clouds.yaml");
    await debian.run("chmod -R g+rX /etc/nodepool /etc/openstack/clouds.yaml");
    await debian.run("runuser -u nodepool nodepool config-validate");
    await debian.run("systemctl start nodepool");
    pid = await pool.answersAfter("");
    await debian.run("nodepool acquire small -o json");
    used = (await pool.nodes()).find(({ state }) => state === "used");
    assert.notEqual(used, undefined);
    await eventually(async () => (await pool.nodes()).some(({ state }) => state === "ready"));
  });

  const isUsed = async () =>
    (await pool.nodes()).some(({ id, state }) => id === used!.id && state === "used");

  await step(
    "upgraded under the running pool, the new daemon has the job's node, and what was configured",
    async () => {
      await debian.run("echo '# mine' >>/etc/logrotate.d/nodepool; chmod 640 /etc/logrotate.d/nodepool");
      const servers = pool.servers();
      await pool.install(await later);
      pid = await pool.answersAfter(pid);
      assert.match(await debian.run("nodepool --version"), /^nodepool 99\.0\.0 /);
      assert.ok(await isUsed());
      assert.deepEqual(pool.servers(), servers);
      assert.equal(await debian.read("/etc/nodepool/nodepool.yaml"), cloud.filledIn(config));
      assert.match(await debian.read("/etc/logrotate.d/nodepool"), /# mine\n$/);
    },
  );

  await step(
    "while the configuration is broken, an upgrade leaves the old daemon at work and says so",
    async () => {
      await debian.write("/etc/nodepool/nodepool.yaml", `${cloud.filledIn(config)}nonsense: 1\n`, 0o640);
      const said = await pool.install(await later);
      assert.match(said, /nonsense/);
      assert.match(said, /the daemon of version 99\.0\.0-1 goes on until then/);
      assert.equal(await debian.run("cat /run/nodepool.pid"), pid);
      await debian.write("/etc/nodepool/nodepool.yaml", cloud.filledIn(config), 0o640);
    },
  );

  await step("it can be downgraded to a version that reads the same state", async () => {
    await pool.install(file);
    pid = await pool.answersAfter(pid);
    assert.ok(await isUsed());
  });

  await step(
    "a downgrade to a version that is too old for the state is refused, and changes nothing",
    async () => {
      await pool.install(await newForm);
      pid = await pool.answersAfter(pid);
      await Deno.copyFile(file, `${debian.path}/nodepool.deb`);
      const { code, text } = await debian.try("dpkg -i /nodepool.deb");
      assert.equal(code, 1);
      assert.match(
        text,
        RegExp(`cannot replace version 100\\.0\\.0-1 with ${version}-1, which is too old to read its state`),
      );
      assert.equal(
        await debian.run("dpkg-query -W -f '${Status} ${Version}' nodepool"),
        "install ok installed 100.0.0-1",
      );
      assert.equal(await debian.run("cat /run/nodepool.pid"), pid);
      assert.ok(await isUsed());
    },
  );

  await step(
    "removed and purged while it has nodes, it keeps its state and says how to delete them",
    async () => {
      const { text } = await debian.try("dpkg --purge nodepool");
      assert.match(text, /2 node\(s\) and 0 image\(s\) stay on their clouds/);
      assert.match(text, /kept \/var\/lib\/nodepool, since .* \(2 node\(s\) and 0 image\(s\)\)/);
      assert.equal((await debian.try("systemctl is-active nodepool")).code, 1);
      assert.equal(pool.servers().length, 2);
      assert.equal(
        (await debian.try("ls /usr/lib/nodepool /var/cache/nodepool /usr/bin/nodepool")).stdout,
        "",
      );
    },
  );

  await step("installed again, it continues where it left off", async () => {
    await pool.install(file);
    pid = await pool.answersAfter(pid);
    assert.ok(await isUsed());
  });

  await step(
    "purged once nothing is left on any cloud, it leaves nothing but the administrator's files",
    async () => {
      const retired = cloud.filledIn(config).replace("max-servers: 4", "max-servers: -1");
      await debian.write("/etc/nodepool/nodepool.yaml", retired, 0o640);
      await debian.run("systemctl reload nodepool");
      await eventually(async () => (await debian.run("nodepool provider-list")).includes("retired"));
      await debian.run("nodepool list -o name | xargs -r nodepool delete --now");
      await debian.run("nodepool image-list -o name | xargs -r nodepool image-delete --wait");
      assert.deepEqual(pool.servers(), []);

      const another = "/var/lib/nodepool/another";
      await debian.run(`install -D /dev/null ${another}/nodepool.kv`);
      const { text } = await debian.try("dpkg --purge nodepool");
      assert.match(text, /kept \/var\/lib\/nodepool, since .* \(unknown\)/, "it may be another pool's");
      await debian.run(`rm -r ${another}`);

      await pool.install(file);
      await debian.run("dpkg --purge nodepool");
      const rest = await debian.run(
        "find / -xdev -iname '*nodepool*' ! -path '/proc/*' ! -path '/nodepool.deb' ! -path '/run/*' ! -path '/tmp/*' ! -path '/root/*' ! -path '/var/log/*'",
      );
      assert.deepEqual(rest.split("\n").sort(), ["/etc/nodepool", "/etc/nodepool/nodepool.yaml"]);
    },
  );
});
