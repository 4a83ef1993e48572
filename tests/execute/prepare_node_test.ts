import assert from "node:assert/strict";
import type { NodeRecord } from "../../src/domain/node.ts";
import { SECOND } from "../../src/domain/time.ts";
import { executePrepareNode, type PrepareDeps } from "../../src/execute/prepare_node.ts";
import { ScriptOutputs } from "../../src/execute/remote_script.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { LoginError, type RunOptions, type Shell } from "../../src/ssh/shell.ts";
import { ADDRESSES, image, node, NOW, provider, states, subnode } from "../plan/plan_fixtures.ts";
import { HOST_KEY } from "./execute_fixtures.ts";

const parent = node(states.prepare, { addresses: ADDRESSES, hostname: "trio-7", zone: "az1" });
const subnodes = [8, 9].map((id) =>
  subnode(id, "prepare", {
    addresses: { ...ADDRESSES, login: `10.0.0.${id}`, publicV4: `10.0.0.${id}` },
    hostname: `trio-7-${id}`,
  })
);

/** What is asked of a server, as its address and the command. */
type Answer = (address: string, command: string) => number | Promise<number>;

interface Ground extends Shell {
  readonly told: string[];
  open: number;
}

function ground(
  answer: Answer = () => 0,
  { connects = true, keyOf = () => HOST_KEY }: { connects?: boolean; keyOf?: (address: string) => string } =
    {},
): Ground {
  const told: string[] = [];
  return {
    told,
    open: 0,
    login: ({ address }) => Promise.try(() => ({ exitCode: 0, output: "", hostKey: keyOf(address) })),
    async connect({ address }) {
      if (!connects && address === "10.0.0.7") throw new LoginError("network", "connection refused");
      await turns(100); // later than a refusal
      this.open++;
      return {
        hostKey: HOST_KEY,
        run: async (command: string, { onOutput }: RunOptions) => {
          told.push(`${address} ${command}`);
          onOutput?.(new TextEncoder().encode(`at ${address}\n`));
          return { exitCode: await answer(address, command), output: "first\nsecond\n" };
        },
        copyFolder: (local: string, remote: string) => {
          told.push(`${address} copy ${local} ${remote}`);
          return Promise.resolve();
        },
        [Symbol.asyncDispose]: () => {
          this.open--;
          return Promise.resolve();
        },
      };
    },
  };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await null;
}

async function prepare(
  shell: Ground,
  { others = subnodes, readyScript = null, ...deps }: Partial<PrepareDeps> & {
    others?: readonly NodeRecord[];
    readyScript?: string | null;
  } = {},
) {
  const outcome = await executePrepareNode({ node: parent, subnodes: others, readyScript }, {
    shell,
    clock: new VirtualClock(NOW),
    signal: new AbortController().signal,
    provider: provider(),
    image: image(),
    credentials: { usernames: ["debian"], readPrivateKey: () => Promise.resolve("the key") },
    makeKeypair: () => Promise.resolve({ publicKey: "ssh-ed25519 AAAA", privateKey: "private" }),
    scriptDir: "/scripts",
    variables: {},
    next: "ready",
    ...deps,
  });
  await turns(200);
  assert.equal(shell.open, 0, "every session is closed");
  return outcome.event;
}

/** What was asked of the servers besides the files. */
function scripts({ told }: Ground): readonly string[] {
  return told.filter((line) => !line.includes("umask"));
}

/** Without what keeps it from running beside another (`remote_script_test.ts`). */
function withoutLock(command: string): string {
  return command.replace(/if command -v flock [^]* fi && | 9>&-$/g, "");
}

/** The commands that write files. */
function texts({ told }: Ground): readonly string[] {
  return told.filter((line) => line.includes("umask"));
}

Deno.test("each server of a group gets its files, with the addresses of all and one key", async () => {
  const shell = ground();
  assert.deepEqual(await prepare(shell, { next: "assign" }), {
    type: "prepared",
    next: "assign",
    hostKeys: { 7: HOST_KEY, 8: HOST_KEY, 9: HOST_KEY },
  });
  assert.deepEqual(texts(shell).map((line) => line.split(" ")[0]), ["10.0.0.7", "10.0.0.8", "10.0.0.9"]);
  for (const text of texts(shell)) {
    assert.ok(text.includes("10.0.0.8\n10.0.0.9"), text);
    assert.ok(text.includes("ssh-ed25519 AAAA") && text.includes("authorized_keys"), text);
  }
  assert.ok(texts(shell)[0]!.includes("primary") && !texts(shell)[1]!.includes("'\\''primary"));
});

Deno.test("a node alone lets no further key in", async () => {
  const shell = ground();
  await prepare(shell, { others: [] });
  assert.equal(shell.told.length, 1);
  assert.ok(!shell.told[0]!.includes("authorized_keys"));
});

Deno.test("the ready script runs on the subnodes first, then on the node, each with its hostname", async () => {
  const shell = ground();
  const variables = { NODEPOOL_A: "it's $HOME", NODEPOOL_B: "" };
  await prepare(shell, { readyScript: "ready.sh --fast", variables });
  const run = (address: string, hostname: string) =>
    `${address} cd /opt/nodepool-scripts && NODEPOOL_A='it'\\''s $HOME' NODEPOOL_B='' ./ready.sh --fast '${hostname}'`;
  const ran = scripts(shell).filter((line) => line.includes("./ready.sh")).map(withoutLock);
  assert.deepEqual(ran.slice(0, 2).sort(), [run("10.0.0.8", "trio-7-8"), run("10.0.0.9", "trio-7-9")]);
  assert.deepEqual(ran.slice(2), [run("10.0.0.7", "trio-7")]);
  assert.ok(!shell.told.some((line) => line.includes(" copy ")), "the image has the script");
});

Deno.test("host keys that a ready script makes are recorded; those from before of a server that lets nobody in", async () => {
  const keyOf = (address: string) => {
    if (address === "10.0.0.9") throw new LoginError("network", "connection refused");
    return `ssh-ed25519 new-${address}`;
  };
  const prepared = { type: "prepared", next: "ready" } as const;
  assert.deepEqual(await prepare(ground(() => 0, { keyOf }), { readyScript: "ready.sh" }), {
    ...prepared,
    hostKeys: { 7: "ssh-ed25519 new-10.0.0.7", 8: "ssh-ed25519 new-10.0.0.8", 9: HOST_KEY },
  });
  const unchanged = { 7: HOST_KEY, 8: HOST_KEY, 9: HOST_KEY };
  assert.deepEqual(await prepare(ground(() => 0, { keyOf })), { ...prepared, hostKeys: unchanged });
});

Deno.test("scripts that the image lacks are copied there, where there is a script-dir", async () => {
  const lacking: Answer = (_address, command) => command.startsWith("test -x") ? 1 : 0;
  const copied = ground(lacking);
  await prepare(copied, { others: [], readyScript: "ready.sh" });
  const copy = copied.told.indexOf("10.0.0.7 copy /scripts /opt/nodepool-scripts");
  assert.match(
    copied.told[copy + 1]!,
    /^10\.0\.0\.7 chmod -R a\+rx \/opt\/nodepool-scripts /,
    "for all, as in 2016",
  );
  const without = ground(lacking);
  await prepare(without, { others: [], readyScript: "ready.sh", scriptDir: null });
  assert.ok(!without.told.some((line) => line.includes(" copy ")));
});

Deno.test("a ready script that fails ends the launch with its last output, and does not run on the node", async () => {
  const shell = ground((address, command) =>
    address === "10.0.0.8" && command.includes("./ready.sh") ? 3 : 0
  );
  const error = "the ready script ready.sh on trio-7-8 ended with exit code 3";
  assert.deepEqual(await prepare(shell, { readyScript: "ready.sh" }), {
    type: "delete",
    by: "failure",
    comment: error,
    result: "failed",
    evidence: { at: NOW, error, kind: "script", requestId: null, fault: null, console: "first\nsecond" },
  });
  assert.ok(!shell.told.some((line) => line.startsWith("10.0.0.7") && line.includes("./ready.sh")));
});

Deno.test("files that cannot be written end the launch, as they would not be written the next time", async () => {
  const event = await prepare(ground((address) => address === "10.0.0.9" ? 1 : 0));
  assert.ok(event !== null && typeof event === "object" && event.type === "delete");
  assert.equal(event.comment, "writing the files of trio-7-9 ended with exit code 1");
});

Deno.test("a server that cannot be reached is tried again, and no other session stays open", async () => {
  assert.deepEqual(await prepare(ground(() => 0, { connects: false })), {
    type: "postponed",
    until: NOW + 2 * SECOND,
    waitingOn: { reason: "script", message: "connection refused" },
    begunAt: NOW,
  });
});

Deno.test("a connection that breaks while a script runs is no failure of the script", async () => {
  const broken: Answer = () => Promise.reject(new LoginError("command", "the connection closed"));
  const event = await prepare(ground(broken), { readyScript: "ready.sh" });
  assert.ok(event !== null && typeof event === "object" && event.type === "postponed");
  assert.equal(event.waitingOn.message, "the connection closed");
});

Deno.test("what a ready script writes can be read while it runs, on each server of a group, and no longer", async () => {
  const outputs = new ScriptOutputs();
  const read: (string | null)[] = [];
  const shell = ground(async (_, command) => {
    await null;
    if (command.includes("setup.sh") && command.startsWith("cd")) {
      read.push(...[7, 8, 9].map((id) => outputs.read(id)));
    }
    return 0;
  });
  await prepare(shell, { readyScript: "setup.sh", outputs });
  assert.deepEqual(read.slice(-3), ["at 10.0.0.7\n", null, null], "the node's own comes last");
  assert.ok(read.includes("at 10.0.0.8\n") && read.includes("at 10.0.0.9\n"));
  assert.deepEqual([7, 8, 9].map((id) => outputs.read(id)), [null, null, null]);
});
