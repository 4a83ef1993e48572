import assert from "node:assert/strict";
import { durationArgument, listenArgument } from "../../src/cli/arguments.ts";
import { durationText, parseDuration } from "../../src/domain/time.ts";
import { DEFAULT_STATE } from "../../src/domain/default_state.ts";
import { findStatePath, stateIn } from "../../src/cli/state_path.ts";

Deno.test("durations have units, a bare number is seconds", () => {
  const second = 1_000;
  for (
    const [text, expected] of [
      ["30", 30 * second],
      ["1.5", 1.5 * second],
      ["10m", 600 * second],
      ["2d", 172_800 * second],
      ["1h30m", 5_400 * second],
      ["1w", 604_800 * second],
      ["1500ms", 1.5 * second],
      ["1h 30m", 5_400 * second],
      ["0", null],
      ["-5m", null],
      ["10 m", null],
      ["m", null],
      ["", null],
      ["1e3", null],
      ["99999999d", null],
    ] as const
  ) {
    if (expected === null) assert.throws(() => durationArgument(text), text);
    else assert.equal(durationArgument(text), expected, text);
  }
  assert.deepEqual([parseDuration("0"), parseDuration("0s")], [0, 0]);
  assert.equal(durationText(5_400_000), "1h30m");
  assert.equal(durationText(90_000), "1m30s");
});

Deno.test("addresses to listen on", () => {
  assert.deepEqual(listenArgument("0.0.0.0:80"), { hostname: "0.0.0.0", port: 80 });
  assert.deepEqual(listenArgument("[::1]:0"), { hostname: "::1", port: 0 });
  assert.deepEqual(listenArgument("5000"), { hostname: "127.0.0.1", port: 5000 });
  for (const text of ["", "host", "host:", "host:99999", ":::1", "a b:1"]) {
    assert.throws(() => listenArgument(text), text);
  }
});

for (
  const [name, yaml, expected] of [
    ["a plain value", "labels: []\nstate: /srv/np.kv\nproviders:\n- name: a\n", "/srv/np.kv"],
    ["no value", "labels:\n  - state: /wrong\n", null],
    ["nothing in it", "", undefined],
    ["only comments", "# state: /wrong\n---\n", undefined],
    ["a text that is no mapping", "- state: /wrong\n", undefined],
    ["a list that does not end", "labels: [\n", undefined],
    ["bytes that are no text", "\u007fELF\u0002\u0000\u0000\ufffd\n\u0000state: /wrong\n", undefined],
    ["two values", "state: /srv/a.kv\nlabels: []\nstate: /srv/b.kv\n", undefined],
    ["two values, one in quotes", 'state: /srv/a.kv\n"state": /srv/b.kv\n', undefined],
    ["a document start", "---\nstate: /srv/np.kv\n", "/srv/np.kv"],
    ["carriage returns", "labels: []\r\nstate: /srv/np.kv\r\n", "/srv/np.kv"],
    ["a comment behind it", "state: /srv/np.kv # here\n", "/srv/np.kv"],
    ["quotes", 'state: "/srv/n p.kv"\n', "/srv/n p.kv"],
    ["a quoted key", '"state": /srv/np.kv\n', "/srv/np.kv"],
    ["a folded value", "state: >-\n  /srv/np.kv\n", "/srv/np.kv"],
    ["a value on the next line", "state:\n  /srv/np.kv\n", "/srv/np.kv"],
    ["a flow mapping", "{state: /srv/np.kv}\n", "/srv/np.kv"],
    ["an alias", "status: {title: &x /srv/np.kv}\nstate: *x\n", "/srv/np.kv"],
    ["an indented document", "  labels: []\n  state: /srv/np.kv\n", "/srv/np.kv"],
    ["a text that only looks like it", "script-dir: |\n state: /wrong\nlabels: []\n", null],
    ["null", "state: null\n", null],
    ["an address", "state: https://kv.example.org/x\n", "https://kv.example.org/x"],
    [
      "a pool in etcd",
      "labels: [}\nstate: etcd:https://e1:2379, https://[::1]:2379/ci\n",
      "etcd:https://e1:2379, https://[::1]:2379/ci",
    ],
    ["errors elsewhere", "labels: [}\nstate: /srv/np.kv\n", "/srv/np.kv"],
    ["blanks and umlauts, errors elsewhere", "labels: [}\nstate: /srv/ü x/t ö.kv\n", "/srv/ü x/t ö.kv"],
    ["quotes, errors elsewhere", 'labels: [}\nstate: "/srv/a b.kv"\n', "/srv/a b.kv"],
    ["single quotes, errors elsewhere", "labels: [}\nstate: '/srv/a b.kv'\n", "/srv/a b.kv"],
    ["blanks before a comment", "state: /srv/a b.kv # here\n", "/srv/a b.kv"],
    ["a mapping in the value", "state: /srv/a b: c\n", undefined],
    ["a value that is no path", "state: [a]\n", undefined],
    ["errors where it would be", "{labels: [}\n", undefined],
    ["a merged mapping", "x: &x {state: /srv/np.kv}\n<<: *x\n", "/srv/np.kv"],
  ] as const
) {
  Deno.test(`the state is found in a configuration with ${name}`, async () => {
    assert.equal(await stateIn(yaml), expected);
  });
}

Deno.test("the state's path begins at home where it says so", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "state: ~/np.kv\n");
    assert.deepEqual(await findStatePath(file, { home: "/home/maria" }), {
      state: "/home/maria/np.kv",
      problem: null,
    });
  } finally {
    await Deno.remove(file);
  }
  const missing = await findStatePath("/nowhere/nodepool.yaml", { home: "/" });
  assert.equal(missing.state, DEFAULT_STATE);
  assert.match(missing.problem!, /^cannot be read: there is no such file; /);
});

Deno.test("a file that does not say where the state lies is named with its first error, and no state is guessed", async () => {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  const problemOf = async (text: string) => {
    await Deno.writeTextFile(file, text);
    return (await findStatePath(file, { home: "/" })).problem ?? "";
  };
  try {
    assert.match(await problemOf(""), /\.yaml: is empty/);
    assert.match(await problemOf("labels: [\n"), /\.yaml:1:9: is not valid YAML/);
    assert.match(
      await problemOf("state: /a\nstate: /b\n"),
      /\.yaml:2:1: duplicate key "state", first in line 1/,
    );
    assert.match(await problemOf("just words\n"), /is not a mapping/);
    assert.match(await problemOf("state: [a]\n"), /its key `state` is not a path/);
  } finally {
    await Deno.remove(file);
  }
});
