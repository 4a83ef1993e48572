/** Which configuration a command uses, and that its errors name the file, how it was found, and nothing they do not know. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type ConfigChoice, findConfig } from "../../src/cli/find_config.ts";
import { PROGRAM_NAMES } from "../../src/cli/invoked_program.ts";
import { testNeeding } from "../needs.ts";
import { CliBench } from "./run.ts";

const program = { name: "nodepool", file: "/usr/local/bin/nodepool" } as const;

/** In a folder that has no configuration. */
async function benchAway(): Promise<CliBench> {
  const bench = await CliBench.open({ daemon: false });
  bench.workingFolder = join(bench.folder, "away");
  await Deno.mkdir(bench.workingFolder, { mode: 0o755 });
  return bench;
}

async function fileIn(folder: string, text: string): Promise<string> {
  const file = join(folder, "nodepool.yaml");
  await Deno.writeTextFile(file, text);
  return file;
}

Deno.test("the configuration is the one that -c names, else NODEPOOL_CONFIG, else ./nodepool.yaml, else the one in /etc", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { configFile: here, folder } = bench;
  const empty = join(folder, "empty");
  await Deno.mkdir(empty);
  const all = { option: "a.yaml", variable: "b.yaml", folder };
  const chosen = (...given: Parameters<typeof findConfig>) => {
    const { file, origin }: ConfigChoice = findConfig(...given);
    return [file, origin];
  };
  assert.deepEqual(chosen(all), ["a.yaml", "option"]);
  assert.deepEqual(chosen({ ...all, option: null }), ["b.yaml", "variable"]);
  for (const variable of [undefined, ""]) {
    assert.deepEqual(chosen({ option: null, variable, folder }), [here, "folder"]);
    for (const elsewhere of [empty, null]) {
      const fallen = chosen({ option: null, variable, folder: elsewhere });
      assert.deepEqual(fallen, ["/etc/nodepool/nodepool.yaml", "default"]);
    }
  }
  await Deno.symlink("/nowhere", join(empty, "nodepool.yaml"));
  assert.deepEqual(chosen({ ...all, option: null, variable: "", folder: empty })[1], "folder");
});

testNeeding(["root"], "what another user has put into a public directory is not used unasked", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const given = { option: null, variable: undefined, folder: bench.folder };
  await Deno.chown(bench.configFile, 65534, 65534);
  assert.equal(findConfig(given).origin, "folder");
  await Deno.chmod(bench.folder, 0o1777);
  assert.throws(
    () => findConfig(given),
    /belongs to another user \(uid 65534\).*name a configuration with -c$/,
  );
  await Deno.chown(bench.configFile, 0, 0);
  assert.equal(findConfig(given).origin, "folder");
});

Deno.test("every program and every command finds the same configuration", async () => {
  await using bench = await benchAway();
  const { configFile } = bench;
  const file = await fileIn(bench.workingFolder!, `state: ${bench.state}\nlabels: []\n`);
  for (const [variable, expected] of [["", file], [configFile, configFile]] as const) {
    bench.env["NODEPOOL_CONFIG"] = variable;
    for (const name of PROGRAM_NAMES) {
      await bench.runBare(
        { name, file: `/usr/local/bin/${name}` },
        ...(name === "nodepool" ? ["daemon"] : []),
      );
    }
    await bench.runBare(program, "list");
    await bench.runBare(program, "hold", "1");
    const used = bench.wired.map(({ options }) => (options as { configFile: string }).configFile);
    assert.deepEqual(used, used.map(() => expected));
    assert.equal(bench.wired.splice(0).length, 5);
    const { stdout } = await bench.runBare(program, "config-validate");
    assert.equal(stdout, `${expected} is valid\n`);
  }
});

Deno.test("a command that is not told a configuration finds the daemon of the one in the working directory", async () => {
  await using bench = await CliBench.open();
  bench.workingFolder = bench.folder;
  const { code, stdout } = await bench.runBare(program, "list", "4");
  assert.equal(code, 0);
  assert.match(stdout, /noble-cloud-b-4/);
});

const COMMANDS = [["acquire", "noble"], ["list"], ["hold", "1"], ["image-build", "x"], ["list", "--watch"]];

interface Trouble {
  readonly name: string;
  /** Makes the trouble. @returns what the error names */
  make(bench: CliBench): Promise<RegExp>;
  readonly why: RegExp;
}

const troubles: readonly Trouble[] = [
  {
    name: "a file that NODEPOOL_CONFIG names is not there",
    make: (bench) => {
      bench.env["NODEPOOL_CONFIG"] = "/nowhere/np.yaml";
      return Promise.resolve(/\/nowhere\/np\.yaml \(named by the variable NODEPOOL_CONFIG\)/);
    },
    why: /cannot be read: there is no such file; name another with -c, or write one with `nodepool init`$/m,
  },
  {
    name: "./nodepool.yaml is a directory",
    make: async (bench) => {
      await Deno.mkdir(join(bench.workingFolder!, "nodepool.yaml"));
      return /away\/nodepool\.yaml \(found in the working directory\)/;
    },
    why: /cannot be read: .*directory.*; name another with -c$/m,
  },
  {
    name: "./nodepool.yaml is broken where its state would be",
    make: async (bench) => {
      await fileIn(bench.workingFolder!, "state: [\n");
      return /away\/nodepool\.yaml \(found in the working directory\)/;
    },
    why: /does not say where its state is.*config-validate` says what is wrong/,
  },
];

for (const { name, make, why } of troubles) {
  Deno.test(`where ${name}, commands say so, and not that no daemon runs`, async () => {
    await using bench = await benchAway();
    const named = await make(bench);
    for (const argv of COMMANDS) {
      const { code, stdout, stderr } = await bench.runBare(program, ...argv);
      assert.deepEqual([code, stdout], [2, ""], argv.join(" "));
      assert.match(stderr, named);
      assert.match(stderr, why);
      assert.doesNotMatch(stderr, /daemon is running/);
    }
    assert.deepEqual(bench.wired, []);
  });
}

Deno.test("where no configuration is found at all, errors name each place that was tried", () => {
  const { file, reason } = findConfig({ option: null, variable: undefined, folder: "/nowhere" });
  assert.equal(
    `${file}, ${reason}`,
    "/etc/nodepool/nodepool.yaml, the default, since neither -c nor NODEPOOL_CONFIG names one and " +
      "there is no /nowhere/nodepool.yaml",
  );
});

Deno.test("where no daemon runs, the error says which configuration it is about, and how that was found", async () => {
  await using bench = await benchAway();
  const file = await fileIn(bench.workingFolder!, `state: ${bench.state}\n`);
  const { code, stderr } = await bench.runBare(program, "acquire", "noble");
  assert.equal(code, 3);
  const [error, found, ...rest] = stderr.trimEnd().split("\n");
  assert.match(
    error!,
    /^nodepool: no daemon is running \(nothing listens on .*pool\.kv\.sock\): start it with /,
  );
  assert.equal(found, `nodepool: the configuration is ${file}, found in the working directory`);
  assert.deepEqual(rest, []);
});

Deno.test("problems in a configuration that nobody named end with how it was found", async () => {
  await using bench = await benchAway();
  await fileIn(bench.workingFolder!, "labells: []\n");
  const { code, stderr } = await bench.runBare(program, "config-validate");
  assert.equal(code, 2);
  assert.match(stderr, /^nodepool: .*away\/nodepool\.yaml:1:1: labells: /);
  assert.match(
    stderr,
    /nodepool: the configuration is .*away\/nodepool\.yaml, found in the working directory\n$/,
  );
  const named = await bench.runBare(program, "config-validate", join(bench.workingFolder!, "nodepool.yaml"));
  assert.doesNotMatch(named.stderr, /found in/);
});

Deno.test("where the daemon's socket cannot be reached, commands say why, and not that no daemon runs", async () => {
  await using bench = await CliBench.open({ daemon: false });
  await Deno.writeTextFile(bench.configFile, `state: ${bench.folder}/${"x".repeat(200)}\n`);
  const { code, stderr } = await bench.run("acquire", "noble");
  assert.equal(code, 1);
  assert.match(stderr, /^nodepool: cannot open the daemon's socket .*xxx\.sock: /);
});

Deno.test("a file that is no configuration by its size is not read whole", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stderr } = await bench.runBare({ name: "nodepool", file: null }, "-c", "/dev/zero", "list");
  assert.equal(code, 2);
  assert.match(
    stderr,
    /the configuration \/dev\/zero \(named by -c\) cannot be read: it is larger than 4 MiB/,
  );
});
