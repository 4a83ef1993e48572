/** `nodepool ssh` with OpenSSH's own client and, as the node, OpenSSH's own server. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { NodeRecord, NodeState } from "../../../src/domain/node.ts";
import { shellQuote } from "../../../src/lib/shell_quote.ts";
import { missingNeed, type Need, testNeeding } from "../../needs.ts";
import { makeKey, opensshNeeds, type OpensshServer, startOpensshServer } from "../../ssh/openssh_server.ts";
import { NOW, sampleConfig, sampleNode, sampleReport } from "../../views/sample_pool.ts";
import { CliBench } from "../../cli/run.ts";

const needs: readonly Need[] = [...opensshNeeds, "ssh"];
const missing = missingNeed(needs);

let server: OpensshServer;
let folder: string;

Deno.test.beforeAll(async () => {
  if (missing !== null) return;
  // A path with what shells and OpenSSH split words at.
  folder = join(await Deno.makeTempDir({ prefix: "np-ssh-" }), "schlüssel & 100% zwei");
  await Deno.mkdir(folder);
  server = await startOpensshServer({ hostKeyTypes: ["ed25519", "rsa", "ecdsa"] });
  await Deno.writeTextFile(join(folder, "key"), server.privateKey, { mode: 0o600 });
});

Deno.test.afterAll(async () => {
  if (missing !== null) return;
  await server?.[Symbol.asyncDispose]();
  await Deno.remove(join(folder, ".."), { recursive: true });
});

const used: NodeState = { phase: "used", serverId: "s7" };
const holding: NodeState = { phase: "hold", serverId: "s7", lostAt: null };
const maria = { client: "maria", at: NOW };

/** A node that maria has, at the server. */
function marias(fields: Partial<NodeRecord> = {}): NodeRecord {
  const { addresses } = sampleNode({ id: 7 });
  const at = { ...addresses!, login: "127.0.0.1" };
  const hostKeys = missing === null ? [server.hostKeys.ed25519!] : [];
  return sampleNode({ id: 7, state: used, asked: maria, requestId: 3, addresses: at, hostKeys, ...fields });
}

interface SshBench {
  readonly bench: CliBench;
  /** Runs OpenSSH's client on what the command makes of its words. */
  readonly ssh: (...words: string[]) => Promise<{ code: number; stdout: string; stderr: string }>;
  /** How often it was run. */
  readonly runs: () => number;
}

async function open(
  nodes: readonly NodeRecord[],
  { key = join(folder, "key"), input = "" } = {},
): Promise<SshBench> {
  const bench = await CliBench.open();
  const config = sampleConfig();
  const login = { connectionPort: server.port, username: server.username, privateKey: key };
  bench.pool.current = sampleReport({
    nodes: [...nodes],
    config: {
      ...config,
      providers: config.providers.map((provider) => ({
        ...provider,
        images: provider.images.map((image) => ({ ...image, ...login })),
      })),
    },
  });
  let runs = 0;
  bench.ssh = async (args) => {
    runs++;
    const child = new Deno.Command("ssh", {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
    const { code, stdout, stderr } = await child.output();
    bench.stdout += new TextDecoder().decode(stdout);
    bench.stderr += new TextDecoder().decode(stderr);
    return code;
  };
  return { bench, ssh: (...words) => bench.run("ssh", ...words), runs: () => runs };
}

function withSsh(name: string, fn: () => Promise<void>, { more = [] as readonly Need[] } = {}): void {
  testNeeding([...needs, ...more], `ssh ${name}`, fn);
}

withSsh("runs a command on a node, and ends as the command does", async () => {
  const { bench, ssh } = await open([marias()]);
  await using _bench = bench;
  assert.deepEqual(await ssh("7", "echo out; echo err >&2; exit 7"), {
    code: 7,
    stdout: "out\n",
    stderr: "err\n",
  });
});

withSsh("passes standard input on, and without a command runs what comes there", async () => {
  const { bench, ssh } = await open([marias()], { input: "echo from input\n" });
  await using _bench = bench;
  assert.equal((await ssh("7", "cat")).stdout, "echo from input\n");
  assert.match((await ssh("7")).stdout, /from input\n$/);
});

withSsh(
  "gives the command all words after the node, whatever options of its own they look like",
  async () => {
    const { bench, ssh } = await open([marias()]);
    await using _bench = bench;
    const said = async (...words: string[]) => (await ssh(...words)).stdout;
    assert.equal(await said("7", "sh", "-c", shellQuote("echo $0 $1"), "-c", "--hold"), "-c --hold\n");
    assert.equal(await said("7", "--", "echo", "--version", "-s", "x"), "--version -s x\n");
    assert.equal(await said("-o", "LogLevel=ERROR", "7", "echo", "7", "-h"), "7 -h\n");
    assert.equal(await said("--ssh-option=LogLevel=ERROR", "--", "7", "echo", "--debug"), "--debug\n");
    assert.equal(await said("7", "-o", "SetEnv=A=b", "echo", "-o", "ssh"), "-o ssh\n");
  },
);

withSsh("trusts the recorded host key of every kind, and that one alone", async () => {
  for (const type of ["ed25519", "rsa", "ecdsa"]) {
    const { bench, ssh } = await open([marias({ hostKeys: [server.hostKeys[type]!] })]);
    await using _bench = bench;
    assert.deepEqual([type, (await ssh("7", "echo in")).stdout], [type, "in\n"]);
  }
});

withSsh("refuses a server that shows another host key than the recorded one", async () => {
  const other = await makeKey(folder, { name: "other", type: "ed25519" });
  const { bench, ssh } = await open([marias({ hostKeys: [other.open] })]);
  await using _bench = bench;
  // Nothing that a user says makes it weaker.
  for (const more of [[], ["-o", "StrictHostKeyChecking=no"], ["-o", `UserKnownHostsFile=/dev/null`]]) {
    const { code, stdout, stderr } = await ssh(...more, "7", "echo in");
    assert.deepEqual([code, stdout], [255, ""]);
    assert.match(stderr, /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/);
  }
});

withSsh("reaches a node over IPv6", async () => {
  const { addresses } = sampleNode({ id: 7 });
  const { bench, ssh } = await open([marias({ addresses: { ...addresses!, login: "::1" } })]);
  await using _bench = bench;
  assert.equal((await ssh("7", "echo six")).stdout, "six\n");
}, { more: ["ipv6"] });

withSsh(
  "uses a key that OpenSSH would not read as it lies there: others may read it, CRLF, PKCS#8",
  async () => {
    const { secret } = await makeKey(folder, { name: "rsa", type: "rsa" });
    const { createPrivateKey } = await import("node:crypto");
    await new Deno.Command("ssh-keygen", {
      args: ["-q", "-p", "-m", "PEM", "-N", "", "-f", join(folder, "rsa")],
    }).output();
    const pem = await Deno.readTextFile(join(folder, "rsa"));
    const authorized = (await Deno.readTextFile(join(folder, "rsa.pub"))).trim();
    const pkcs8 = String(createPrivateKey(pem).export({ type: "pkcs8", format: "pem" }));
    await using letsIn = await startOpensshServer({ authorized: [authorized] });
    const forms = { open: secret, crlf: secret.replaceAll("\n", "\r\n"), pkcs8, pem };
    for (const [form, text] of Object.entries(forms)) {
      const key = join(folder, `rsa-${form}`);
      await Deno.writeTextFile(key, text);
      await Deno.chmod(key, form === "open" ? 0o644 : 0o600);
      const { bench, ssh } = await open([marias({ hostKeys: [letsIn.hostKeys.ed25519!] })], { key });
      await using _bench = bench;
      const { providers } = bench.pool.current.config!;
      const images = providers[0]!.images.map((image) => ({ ...image, connectionPort: letsIn.port }));
      bench.pool.current = {
        ...bench.pool.current,
        config: {
          ...bench.pool.current.config!,
          providers: [{ ...providers[0]!, images }, ...providers.slice(1)],
        },
      };
      const { stdout, stderr } = await ssh("7", "echo in");
      assert.deepEqual([form, stdout], [form, "in\n"], stderr);
    }
  },
);

withSsh("says which key cannot be used", async () => {
  const { bench, ssh, runs } = await open([marias()], { key: join(folder, "none") });
  await using _bench = bench;
  const { code, stderr } = await ssh("7", "true");
  assert.deepEqual([code, runs()], [1, 0]);
  assert.match(stderr, /^nodepool: cannot read the private key .*none, which the configuration names/);
});

withSsh(
  "leaves a node that somebody else uses alone, says who has it, and goes in when told to",
  async () => {
    const hold = { reason: "disk errors", owner: "ada", until: null };
    const ended = { jobEnd: { at: NOW, result: "FAILURE" } };
    const cases: [Partial<NodeRecord>, string][] = [
      [{ asked: { client: "ada", at: NOW } }, "ada (request 3)"],
      [{ asked: { client: "ada", at: NOW }, job: "gate" }, "ada (job gate)"],
      [{ asked: undefined, requestId: null, job: "gate" }, "job gate"],
      [{ state: holding, hold, ...ended }, "ada, who holds it (disk errors)"],
      [
        { state: holding, hold: { ...hold, owner: "maria" }, asked: { client: "ada", at: NOW } },
        "ada (request 3)",
      ],
      [{ state: holding, hold: { ...hold, mayBeInUse: true } }, "somebody unknown to this state"],
    ];
    for (const [fields, who] of cases) {
      const { bench, ssh, runs } = await open([marias(fields)]);
      await using _bench = bench;
      assert.deepEqual(await ssh("7", "echo in"), {
        code: 1,
        stdout: "",
        stderr: `nodepool: node 7 is in use by ${who}: to log in anyway, use \`ssh --in-use\`\n`,
      });
      assert.equal(runs(), 0);
      assert.equal((await ssh("--in-use", "7", "echo in")).stdout, "in\n");
    }
  },
);

withSsh("goes in at once where the node is one's own, or is held for a job that failed", async () => {
  const ended = { jobEnd: { at: NOW, result: "FAILURE" } };
  const held = (owner: string | null) => ({
    state: holding,
    hold: { reason: null, owner, until: null },
    ...ended,
  });
  for (const fields of [{}, held("maria"), held("nodepool"), held(null)]) {
    const { bench, ssh } = await open([marias(fields)]);
    await using _bench = bench;
    assert.equal((await ssh("7", "echo in")).stdout, "in\n");
  }
});

withSsh("finds the node of a job, and of several lists them to choose from", async () => {
  const others = [8, 9].map((id) => marias({ id, job: "gate" }));
  const gone: NodeState = {
    phase: "delete-server",
    serverId: "s5",
    lostAt: null,
    askedAt: null,
    acceptedAt: null,
  };
  const { bench, ssh } = await open([
    marias({ job: "unit" }),
    ...others,
    marias({ id: 5, job: "unit", state: gone }),
  ]);
  await using _bench = bench;
  assert.equal((await ssh("unit", "echo in")).stdout, "in\n");
  const { code, stderr } = await ssh("gate", "true");
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^nodepool: job gate has 2 nodes, give the id of one:\s+8\s+used\s+noble-cloud-a-8.*9\s+used/s,
  );
});

withSsh("says of a ready, building or vanishing node, and of one that never was, why not", async () => {
  const building = marias({
    id: 4,
    state: { phase: "login", serverId: "s4", activeAt: NOW },
    hostKeys: [],
    waitingOn: { reason: "login", message: "connection refused", since: NOW },
  });
  const preparing = marias({ id: 3, state: { phase: "prepare", serverId: "s3" } });
  const deleted = marias({
    id: 5,
    state: { phase: "delete-server", serverId: "s5", lostAt: null, askedAt: null, acceptedAt: null },
    comment: "login timed out",
  });
  const ready = marias({ state: { phase: "ready", serverId: "s7" }, asked: undefined, requestId: null });
  const { bench, ssh, runs } = await open([ready, building, deleted, preparing]);
  await using _bench = bench;
  const gone = marias({ id: 2, result: "failed", comment: "no login" });
  bench.pool.history = { node: gone, endedAt: NOW };
  const why = async (id: string) => (await ssh(id, "true")).stderr.replace("nodepool: ", "").trim();
  assert.equal(
    await why("7"),
    "node 7 is ready and may be handed out at any moment: `ssh --hold 7` keeps it for you",
  );
  assert.equal(
    await why("4"),
    "node 4 is building, and nobody has logged in to it yet (login: connection refused): its host key is not known",
  );
  assert.equal(
    await why("3"),
    "node 3 is still being made ready (prepare): to log in anyway, use `ssh --in-use`",
  );
  assert.equal(await why("5"), "node 5 is being deleted: login timed out");
  assert.match(
    await why("2"),
    /^node 2 has been gone since 2030-01-02T03:04:05.000Z, failed: no login; `logs 2` shows/,
  );
  assert.equal(await why("99"), "there is no node 99, and no node that job 99 has");
  assert.equal(runs(), 0);
});

withSsh("--hold holds the node first, and says how that ends", async () => {
  const { bench, ssh } = await open([
    marias({ state: { phase: "ready", serverId: "s7" }, asked: undefined, requestId: null }),
  ]);
  await using _bench = bench;
  const { code, stdout, stderr } = await ssh(
    "7",
    "--hold",
    "--reason",
    "a look",
    "--for",
    "2d",
    "echo",
    "--reason",
  );
  assert.deepEqual([code, stdout, stderr], [
    0,
    "--reason\n",
    "nodepool: node 7 is hold done; `unhold 7` ends that\n",
  ]);
  assert.deepEqual(bench.pool.calls, ['hold 7 {"reason":"a look","owner":"maria","duration":172800000}']);
  assert.deepEqual((await ssh("7", "--reason", "a look")).code, 2);
});
