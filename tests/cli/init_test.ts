/** `init` asks at a terminal, and only there; the configurations that come of the answers have tests of their own. */
import assert from "node:assert/strict";
import type { Dialog, FirstConfigView } from "../../src/domain/first_config.ts";
import { CliBench } from "./run.ts";

const view: FirstConfigView = {
  file: "/home/maria/nodepool.yaml",
  cloud: "my-cloud",
  label: "debian-12",
  keypair: "nodepool",
  privateKey: "/home/maria/id_ed25519",
  isNewKey: true,
  isNewKeypair: true,
};

const images = ["debian-12", "ubuntu-24.04", "3"].map((name) => ({
  label: name,
  names: [name, `id-${name}`],
  value: name,
}));

/** A terminal at which these lines are typed into a dialog. @returns the answers */
async function answers(
  bench: CliBench,
  { typed, ask }: { typed: string[]; ask: (dialog: Dialog) => Promise<string> },
): Promise<{ answer: string | null; code: number; stderr: string }> {
  let answer: string | null = null;
  bench.typed = typed;
  bench.firstConfig = async ({ dialog }) => {
    answer = await ask(dialog!);
    return view;
  };
  const { code, stderr } = await bench.run("init");
  return { answer, code, stderr };
}

Deno.test("init asks nobody where standard input is no terminal, and says what to do", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stdout, stderr } = await bench.run("init");
  assert.deepEqual({ code, stdout, wired: bench.wired }, { code: 2, stdout: "", wired: [] });
  assert.match(stderr, /standard input is not a terminal: accept what it proposes with --yes\n$/);
});

Deno.test("init --yes asks nothing, passes on what is given, and says what to do next", async () => {
  await using bench = await CliBench.open({ daemon: false });
  bench.workingFolder = bench.folder;
  bench.firstConfig = () => Promise.resolve({ ...view, file: bench.configFile });
  const { code, stdout } = await bench.run(
    "init",
    "--yes",
    "--cloud",
    "c",
    "--image",
    "i",
    "--no-floating-ips",
    "--output",
    "/x/y.yaml",
  );
  assert.equal(code, 0);
  const { dialog, output, given } = bench.wired[0]!.options as {
    dialog: null;
    output: string;
    given: object;
  };
  assert.deepEqual({ dialog, output, given }, {
    dialog: null,
    output: "/x/y.yaml",
    given: {
      cloud: "c",
      image: "i",
      username: null,
      flavor: null,
      network: null,
      keypair: null,
      connectionPort: null,
      floatingIps: false,
    },
  });
  assert.equal(
    stdout,
    `wrote ${bench.configFile}
made the key /home/maria/id_ed25519
gave its public half to my-cloud as the keypair nodepool

Check it, start the pool, and take a node:

  nodepool config-validate --online
  nodepool daemon
  nodepool acquire debian-12
`,
  );
});

Deno.test("init names the file with -c wherever the next commands would use another", async () => {
  await using bench = await CliBench.open({ daemon: false });
  bench.workingFolder = bench.folder;
  bench.firstConfig = () => Promise.resolve(view);
  const elsewhere = await bench.run("init", "--yes", "--output", view.file);
  assert.match(elsewhere.stdout, /\n {2}nodepool -c \/home\/maria\/nodepool\.yaml daemon\n/);
  bench.firstConfig = () => Promise.resolve({ ...view, file: bench.configFile });
  bench.env["NODEPOOL_CONFIG"] = "/etc/other.yaml";
  const overruled = await bench.run("init", "--yes");
  assert.match(overruled.stdout, /\n {2}nodepool -c .+\/nodepool\.yaml'? daemon\n/);
});

for (
  const [typed, expected] of [
    ["", "debian-12"],
    ["2", "ubuntu-24.04"],
    ["ubuntu-24.04", "ubuntu-24.04"],
    ["id-debian-12", "debian-12"],
    ["3", "3"],
    [" 2 ", "ubuntu-24.04"],
  ] as const
) {
  Deno.test(`init takes the answer ${JSON.stringify(typed)} for the choice that it names`, async () => {
    await using bench = await CliBench.open({ daemon: false });
    const ask = (dialog: Dialog) => dialog.choose({ what: "image", choices: images });
    const { answer, stderr } = await answers(bench, { typed: [typed], ask });
    assert.equal(answer, expected);
    assert.match(stderr, /\n {3}1 {2}debian-12\n {3}2 {2}ubuntu-24\.04\n.*\nimage \[1\]: $/);
  });
}

Deno.test("init asks again after an answer that is no choice, and where nothing is proposed", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const ask = (dialog: Dialog) => dialog.choose({ what: "image", choices: images, unclear: "name one" });
  const { answer, stderr } = await answers(bench, { typed: ["9", "debain", "", "1"], ask });
  assert.equal(answer, "debian-12");
  assert.match(stderr, /image: there is no image 9\nimage: there is no image debain\nimage: image: $/);
});

Deno.test("init shows the first of many choices, and takes any by its name", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const choices = Array.from(
    { length: 500 },
    (_, at) => ({ label: `i\u001b[31m${at}`, names: [`i${at}`], value: `i${at}` }),
  );
  const ask = (dialog: Dialog) => dialog.choose({ what: "image", choices });
  const { answer, stderr } = await answers(bench, { typed: ["i444"], ask });
  assert.equal(answer, "i444");
  assert.match(stderr, /and 485 more: type the name of any image\n/);
  assert.ok(!stderr.includes("\u001b"), "names of clouds move no cursor");
});

Deno.test("init takes a text, or the one that it proposes", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const ask = (proposal: string | null) => (dialog: Dialog) =>
    dialog.enter({ what: "user", proposal, unclear: "" });
  assert.equal((await answers(bench, { typed: [""], ask: ask("debian") })).answer, "debian");
  assert.equal((await answers(bench, { typed: ["root"], ask: ask("debian") })).answer, "root");
  assert.equal((await answers(bench, { typed: ["", "root"], ask: ask(null) })).answer, "root");
});

Deno.test("init ends where the input does, and writes nothing", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const ask = (dialog: Dialog) => dialog.choose({ what: "image", choices: images });
  const { answer, code, stderr } = await answers(bench, { typed: [], ask });
  assert.deepEqual([answer, code], [null, 1]);
  assert.match(stderr, /nodepool: the input has ended: nothing was written\n$/);
});
