/** What the program says of files that its user may not use: which, how it was found, and what to do; no more than it knows. */
import assert from "node:assert/strict";
import { testNeeding } from "../needs.ts";
import { runProgram } from "./program.ts";

/** Root that obeys the modes of files. */
const WEAK_ROOT = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];

const FOUND = "found in the working directory";

interface Denied {
  readonly what: string;
  readonly path: string;
  readonly says: RegExp;
}

const denied: readonly Denied[] = [
  {
    what: "the configuration",
    path: "nodepool.yaml",
    says:
      /cannot find the pool: the configuration .*nodepool\.yaml \(found in the working directory\) cannot be read: permission denied; run this as/,
  },
  {
    what: "the folder of the daemon's socket",
    path: "state",
    says: /cannot open the daemon's socket .*nodepool\.kv\.sock: permission denied; run this as/,
  },
  {
    what: "the lock of the state",
    path: "state/nodepool.kv.lock",
    says:
      /cannot use the state .*nodepool\.kv: its lock file cannot be opened: permission denied; run this as/,
  },
];

Deno.test("where no daemon has ever run, lists say by which configuration", async () => {
  const cwd = await Deno.makeTempDir({ prefix: "nodepool-find-" });
  try {
    await Deno.writeTextFile(
      `${cwd}/nodepool.yaml`,
      `state: ${cwd}/nodepool.kv\nlabels: []\nproviders: []\n`,
    );
    const { code, stderr } = await runProgram(["list"], { cwd, env: { NODEPOOL_CONFIG: "" } });
    assert.equal(code, 0);
    assert.match(
      stderr,
      /no daemon has run on .*nodepool\.kv yet.*\(the configuration is .*, found in the working/,
    );
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

testNeeding(["setpriv"], "a working directory that may not be looked into is said to be that", async () => {
  const cwd = await Deno.makeTempDir({ prefix: "nodepool-find-" });
  try {
    // Whoever is in it may not look into it, as in another user's home.
    const enter = ["sh", "-c", 'cd "$0" && chmod 0 . && exec "$@"', cwd];
    const under = [...enter, ...(Deno.uid() === 0 ? WEAK_ROOT : [])];
    const { code, stderr } = await runProgram(["acquire", "small"], { under, env: { NODEPOOL_CONFIG: "" } });
    assert.notEqual(code, 0);
    assert.match(stderr, /the default, since .* and .*nodepool\.yaml cannot be looked at: permission denied/);
  } finally {
    await Deno.chmod(cwd, 0o700);
    await Deno.remove(cwd, { recursive: true });
  }
});

for (const { what, path, says } of denied) {
  const name = `without permission for ${what}, commands say so, and not that no daemon runs`;
  testNeeding(["setpriv"], name, async () => {
    const cwd = await Deno.makeTempDir({ prefix: "nodepool-find-" });
    try {
      await Deno.mkdir(`${cwd}/state`);
      for (const name of ["nodepool.kv", "nodepool.kv.lock"]) {
        await Deno.writeTextFile(`${cwd}/state/${name}`, "");
      }
      await Deno.writeTextFile(`${cwd}/nodepool.yaml`, `state: ${cwd}/state/nodepool.kv\n`);
      await Deno.chmod(`${cwd}/${path}`, 0o000);
      for (const argv of [["acquire", "small"], ["hold", "1"], ["image-build", "debian"], ["status"]]) {
        const under = Deno.uid() === 0 ? WEAK_ROOT : [];
        const { code, stdout, stderr } = await runProgram(argv, { cwd, under, env: { NODEPOOL_CONFIG: "" } });
        assert.notEqual(code, 0);
        assert.equal(stdout, "");
        assert.match(stderr, says);
        assert.match(stderr, new RegExp(FOUND));
        assert.doesNotMatch(stderr, /no daemon/);
      }
      await Deno.chmod(`${cwd}/${path}`, 0o700);
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  });
}
