/** `nodepool install-files`: what is written where, and what is left alone. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { CliBench } from "../cli/run.ts";
import { blocksOf } from "../readme/document.ts";
import { testNeeding } from "../needs.ts";

const UNIT = "lib/systemd/system/nodepool.service";
const SUMS = "share/nodepool/installed.sha256";

async function openPrefix() {
  const bench = await CliBench.open({ daemon: false });
  const prefix = `${bench.folder}/a präfix`;
  const install = (...options: string[]) =>
    bench.runAs({ name: "nodepool", file: "/opt/bin/nodepool" }, "install-files", prefix, ...options);
  const wrote = (text: string) => [...text.matchAll(/^wrote .*präfix\/(.*)$/gm)].map(([, path]) => path!);
  return { bench, prefix, install, wrote, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

function filesBelow(folder: string, path = ""): string[] {
  return [...Deno.readDirSync(`${folder}/${path}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(folder, `${path}${name}/`) : [path + name]
  ).sort();
}

Deno.test("install-files writes its files, readable for everybody, lists them, and then has nothing more to do", async () => {
  await using place = await openPrefix();
  const first = await place.install();
  equal(first.stderr, "");
  equal(first.code, 0);
  deepEqual([...place.wrote(first.stdout), SUMS].sort(), filesBelow(place.prefix));
  for (const path of filesBelow(place.prefix)) {
    equal(Deno.statSync(`${place.prefix}/${path}`).mode! & 0o777, 0o644, path);
  }
  equal(Deno.statSync(`${place.prefix}/share`).mode! & 0o777, 0o755);
  const again = await place.install();
  deepEqual([again.code, again.stderr], [0, ""]);
  match(again.stdout, /^\d+ files unchanged\n$/);
});

Deno.test("the unit is the manual's, and starts the program where it is installed, whatever its path", async () => {
  await using place = await openPrefix();
  await place.install();
  const installMd = await Deno.readTextFile(new URL("../../src/manual/install.md", import.meta.url));
  const shown = blocksOf(installMd).find(({ language }) => language === "ini")!.text;
  const read = () => Deno.readTextFile(`${place.prefix}/${UNIT}`);
  equal(await read(), shown.replace("/usr/local/bin/nodepool", "/opt/bin/nodepool"));
  await place.install("--program", '/opt/50% "x"/node pool');
  ok((await read()).includes(String.raw`ExecStart="/opt/50%% \"x\"/node pool" daemon`));
});

Deno.test("a file that somebody changed stays, with a message, unless --force is given", async () => {
  await using place = await openPrefix();
  await place.install();
  await Deno.writeTextFile(`${place.prefix}/${UNIT}`, "mine");
  for (const options of [[], ["--program", "/usr/bin/nodepool"]]) {
    const { code, stdout, stderr } = await place.install(...options);
    deepEqual([code, place.wrote(stdout)], [1, []]);
    match(stderr, /^nodepool: kept \/.*nodepool\.service, which somebody changed; --force replaces it\n$/);
    equal(await Deno.readTextFile(`${place.prefix}/${UNIT}`), "mine");
  }
  const forced = await place.install("--force");
  deepEqual([forced.code, place.wrote(forced.stdout), forced.stderr], [0, [UNIT], ""]);
});

Deno.test("files that were there before the first install-files stay, and so do links and folders", async () => {
  for (
    const make of [
      (path: string) => Deno.symlinkSync("/dev/null", path),
      (path: string) => Deno.mkdirSync(path),
    ]
  ) {
    await using place = await openPrefix();
    await Deno.mkdir(`${place.prefix}/share/nodepool`, { recursive: true });
    make(`${place.prefix}/share/nodepool/nodepool.logrotate`);
    const { code, stdout, stderr } = await place.install();
    equal(code, 1);
    match(stderr, /^nodepool: kept .*nodepool\.logrotate, which/);
    ok(place.wrote(stdout).includes(UNIT));
    ok(!(await Deno.lstat(`${place.prefix}/share/nodepool/nodepool.logrotate`)).isFile);
  }
});

Deno.test("a new version replaces the files of the earlier one, and removes those that it no longer has", async () => {
  await using place = await openPrefix();
  await place.install();
  const hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  for (const name of ["gone", "changed"]) {
    await Deno.writeTextFile(`${place.prefix}/share/${name}`, name === "gone" ? "" : "x");
  }
  await Deno.writeTextFile(`${place.bench.folder}/outside`, "");
  const lines = ["share/gone", "share/changed", "share/never", "share/../../outside"].map((path) =>
    `${hashOfNothing}  ${path}\n`
  );
  await Deno.writeTextFile(`${place.prefix}/${SUMS}`, lines.join(""), { append: true });
  const { code, stdout } = await place.install("--program", "/usr/bin/nodepool");
  equal(code, 0);
  deepEqual(place.wrote(stdout), [UNIT]);
  deepEqual(stdout.match(/^removed .*/gm), [`removed ${place.prefix}/share/gone`]);
  ok(filesBelow(place.prefix).includes("share/changed"));
  equal(await Deno.readTextFile(`${place.bench.folder}/outside`), "");
});

Deno.test("a prefix that cannot be written to is an error that names the file", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stderr } = await bench.run("install-files", "/dev/null");
  deepEqual([code, stderr], [
    1,
    "nodepool: cannot read /dev/null/share/nodepool/installed.sha256: a part of its path is not a directory\n",
  ]);
});

Deno.test("a prefix that is a link to nowhere is an error, too", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const prefix = `${bench.folder}/link`;
  await Deno.symlink("nowhere", prefix);
  const { code, stderr } = await bench.run("install-files", prefix);
  equal(code, 1);
  match(stderr, /^nodepool: cannot write .*: there is no such file\n$/);
});

testNeeding(["logrotate"], "logrotate takes its file", async () => {
  await using place = await openPrefix();
  await place.install();
  const file = `${place.prefix}/share/nodepool/nodepool.logrotate`;
  const run = await new Deno.Command("/usr/sbin/logrotate", {
    args: ["-d", "-s", `${place.bench.folder}/status`, file],
  }).output();
  const said = new TextDecoder().decode(run.stdout) + new TextDecoder().decode(run.stderr);
  equal(run.code, 0, said);
  match(said, /rotating pattern: \/var\/log\/nodepool\/\*\.log/);
  ok(!/error|unknown/i.test(said), said);
});

testNeeding(["systemd-analyze"], "systemd has nothing to say against the unit", async () => {
  await using place = await openPrefix();
  await place.install("--program", "/bin/true");
  const args = ["verify", "--man=no", `${place.prefix}/${UNIT}`];
  const { code, stderr } = await new Deno.Command("systemd-analyze", { args }).output();
  // It reads the units around this one, too.
  const said = new TextDecoder().decode(stderr).split("\n").filter((line) => line.includes("nodepool"));
  deepEqual([code, said], [0, []]);
});
