/** What breaks between a client and three real members, and what the client makes of it. */
import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type Etcd, EtcdError, type EtcdErrorKind } from "../../src/etcd/etcd.ts";
import { eventually } from "../eventually.ts";
import { testNeeding } from "../needs.ts";
import { makeCertificate } from "./etcd_certificates.ts";
import { EtcdCluster, etcdNeeds } from "./etcd_cluster.ts";

/** Bytes; little, so that it is soon full. */
const QUOTA = 4 * 2 ** 20;

const { signal } = new AbortController();
const call = { signal };
const KEY = "/nodepool/ci/state/a";

const write = (value: string) => ({ compares: [], then: [{ put: KEY, value }] });
const valueIn = async (etcd: Etcd) => (await etcd.range({ key: KEY }, call)).entries[0]?.value;

async function refusalOf(work: Promise<unknown>): Promise<EtcdError> {
  const error = await work.then(() => assert.fail("it did what it should refuse"), (error) => error);
  assert.ok(error instanceof EtcdError, String(error));
  return error;
}

/** What a client with those settings hears, that reads and that writes. */
async function heard(
  cluster: EtcdCluster,
  changes: Parameters<EtcdCluster["open"]>[0],
): Promise<{ kind: EtcdErrorKind; message: string }> {
  await using etcd = cluster.open(changes);
  const { kind, message } = await refusalOf(etcd.range({ key: KEY }, call));
  assert.doesNotMatch(message, /wrong-password|nodepool-password/);
  assert.equal(await valueIn(etcd).catch(() => "unread"), "unread");
  return { kind, message };
}

/** Milliseconds. */
async function timeOf(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work;
  return performance.now() - started;
}

/** Each as a step, since a cluster takes seconds to start; its ways stay open from one to the next. */
type Steps = Readonly<Record<string, (cluster: EtcdCluster) => Promise<void>>>;

async function inTurn(t: Deno.TestContext, cluster: EtcdCluster, steps: Steps): Promise<void> {
  for (const [name, run] of Object.entries(steps)) {
    await t.step({ name, sanitizeOps: false, sanitizeResources: false, fn: () => run(cluster) });
  }
}

testNeeding(etcdNeeds, "a client of three members gets by with those that are left", async (t) => {
  await using cluster = await EtcdCluster.start();
  await inTurn(t, cluster, {
    async "a member that is killed, be it the leader of the others"(cluster) {
      await using etcd = cluster.open();
      await etcd.transact(write("1"), call);
      const leader = cluster.members[await cluster.raftLeader()]!;
      await leader.kill();
      await eventually(() => etcd.transact(write("2"), call).then(() => true, () => false));
      assert.equal(await valueIn(etcd), "2");
      leader.start();
    },

    async "a member that is stopped does not hold up whoever keeps a lease alive"(cluster) {
      await cluster.untilItAnswers();
      const leader = await cluster.raftLeader();
      const index = (leader + 1) % 3;
      await using etcd = cluster.open({ endpoints: from(cluster, index) });
      const { id } = await etcd.grantLease({ ttl: 60_000 }, call);
      cluster.members[index]!.stop();
      try {
        assert.equal(await etcd.keepAlive(id, call), 60_000);
        // It is not asked again. What a busy machine adds is not there each time.
        const times: number[] = [];
        for (let time = 0; time < 3; time++) times.push(await timeOf(etcd.keepAlive(id, call)));
        assert.ok(Math.min(...times) < 1_500, `it took ${times.join(", ")} ms`);
        assert.equal((await etcd.transact(write("3"), call)).succeeded, true);
        const [stopped] = await etcd.status(call);
        assert.match(stopped?.problem ?? "", /did not answer in time|connection timed out/);
      } finally {
        cluster.members[index]!.continue();
      }
    },

    async "a member whose answer gets lost leaves it open whether a transaction was done; reads are repeated"(
      cluster,
    ) {
      await cluster.untilItAnswers();
      await using etcd = cluster.open();
      await etcd.transact(write("4"), call);
      const { clients } = cluster.members[0]!;
      clients.swallowAnswers();
      try {
        const error = await refusalOf(etcd.transact(write("5"), call));
        assert.equal(error.kind, "lost");
        assert.match(error.message, /whether it did is not known/);
        // Another member tells that it was.
        assert.equal(await valueIn(etcd), "5");
      } finally {
        clients.heal();
      }
    },

    async "a transaction is lost where the connection breaks, and goes on where there was none"(cluster) {
      await using etcd = cluster.open();
      await etcd.transact(write("6"), call);
      cluster.members[0]!.clients.refuse();
      try {
        const kinds = new Set<string>();
        for (let attempt = 0; attempt < 3; attempt++) {
          await etcd.transact(write("7"), call).then(() => kinds.add("done"), ({ kind }) => kinds.add(kind));
        }
        assert.ok(kinds.has("done"));
        assert.deepEqual([...kinds].filter((kind) => kind !== "done" && kind !== "lost"), []);
      } finally {
        cluster.members[0]!.clients.heal();
      }
    },

    async "a member that is cut off from the others says so, and the next one is asked"(cluster) {
      await cluster.untilItAnswers();
      const index = (await cluster.raftLeader() + 1) % 3;
      cluster.isolate(index);
      try {
        await using alone = cluster.open({ endpoints: [cluster.endpoints[index]!] });
        await eventually(async () => {
          const [status] = await alone.status(call);
          return /cut off from the majority/.test(status?.problem ?? "");
        });
        const error = await refusalOf(alone.transact(write("x"), call));
        assert.deepEqual([error.kind, /no majority/.test(error.message)], ["unreachable", true]);
        await using etcd = cluster.open({ endpoints: from(cluster, index) });
        assert.equal((await etcd.transact(write("8"), call)).succeeded, true);
      } finally {
        cluster.rejoin();
      }
    },

    async "an address that leads nowhere is passed over, and told"(cluster) {
      await cluster.untilItAnswers();
      const endpoints = ["https://etcd.invalid:2379", "https://127.0.0.1:1", ...cluster.endpoints];
      await using etcd = cluster.open({ endpoints });
      assert.equal((await etcd.transact(write("9"), call)).succeeded, true);
      const problems = (await etcd.status(call)).map(({ problem }) => problem);
      assert.match(problems[0]!, /host name/);
      assert.match(problems[1]!, /connection refused/);
      assert.deepEqual(problems.slice(2), [null, null, null]);
    },

    async "all members start again with what they had, and know the user's token no more"(cluster) {
      await using etcd = cluster.open();
      await etcd.transact(write("10"), call);
      await Promise.all(cluster.members.map((member) => member.kill()));
      assert.equal((await refusalOf(etcd.range({ key: KEY }, call))).kind, "unreachable");
      // The ways to them break where a member's own port would refuse.
      assert.match((await refusalOf(etcd.transact(write("x"), call))).kind, /^(unreachable|lost)$/);
      for (const member of cluster.members) member.start();
      await cluster.untilItAnswers();
      assert.equal(await valueIn(etcd), "10");
      assert.equal((await etcd.transact(write("11"), call)).succeeded, true);
    },
  });
});

testNeeding(etcdNeeds, "a client that is set up wrongly says what to do", async (t) => {
  await using cluster = await EtcdCluster.start({ size: 1 });
  await inTurn(t, cluster, {
    async "a wrong password"(cluster) {
      const { kind, message } = await heard(cluster, { password: "wrong-password" });
      assert.deepEqual([kind, /check etcd\.user and secure\.conf/.test(message)], ["unauthorized", true]);
    },
    async "no user"(cluster) {
      const { kind, message } = await heard(cluster, { user: null, password: null });
      assert.deepEqual([kind, /set etcd\.user/.test(message)], ["unauthorized", true]);
    },
    async "a user without rights"(cluster) {
      await cluster.etcdctl(["user", "add", "guest:guest-password"]);
      const { kind, message } = await heard(cluster, { user: "guest", password: "guest-password" });
      assert.deepEqual([
        kind,
        /guest may not do that; give a role of that user readwrite on the prefix \/nodepool\//.test(message),
      ], ["unauthorized", true]);
    },
    async "http where etcd speaks TLS"(cluster) {
      const endpoints = cluster.endpoints.map((endpoint) => endpoint.replace("https", "http"));
      const { kind, message } = await heard(cluster, { endpoints });
      assert.deepEqual([kind, /write https:\/\//.test(message)], ["unreachable", true], message);
    },
    async "an authority that nobody named"(cluster) {
      const { kind, message } = await heard(cluster, { caCert: null });
      assert.deepEqual([kind, /set etcd\.cacert/.test(message)], ["unreachable", true], message);
    },
    async "no certificate where etcd asks for one"(cluster) {
      const { kind, message } = await heard(cluster, { cert: null, key: null });
      assert.deepEqual([kind, /set etcd\.cert and etcd\.key/.test(message)], ["unreachable", true], message);
    },
    async "a certificate with a common name, which the gateway does not take"(cluster) {
      const named = await makeCertificate(cluster.folder, "named", { subject: "/CN=nodepool" });
      const { kind, message } = await heard(cluster, named);
      assert.deepEqual([kind, /without \(its subject only/.test(message)], ["refused", true]);
    },
    async "a certificate of our own that has expired"(cluster) {
      const expired = await makeCertificate(cluster.folder, "expired", { subject: "/O=ci", isExpired: true });
      const { kind, message } = await heard(cluster, expired);
      const isSaid = /expired\.pem expired on 2020-01-02T00:00Z: renew it; .*etcd\.cert/.test(message);
      assert.deepEqual([kind, isSaid], ["unreachable", true], message);
    },
    async "a file that is not there"(cluster) {
      const { kind, message } = await heard(cluster, { caCert: "/nowhere/ca.pem" });
      assert.deepEqual([kind, /cannot read the file \/nowhere\/ca\.pem; check etcd\.cacert/.test(message)], [
        "unreachable",
        true,
      ]);
    },
    async "a member whose certificate has expired"(cluster) {
      const { cert, key } = await makeCertificate(cluster.folder, "old", {
        subject: "/CN=old",
        isExpired: true,
      });
      const server = createServer({ cert: Deno.readTextFileSync(cert), key: Deno.readTextFileSync(key) });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      const { kind, message } = await heard(cluster, { endpoints: [`https://127.0.0.1:${port}`] });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      assert.deepEqual(
        [kind, /its certificate expired on 2020-01-02T00:00Z; renew it/.test(message)],
        ["unreachable", true],
        message,
      );
    },
  });
});

testNeeding(etcdNeeds, "a client finds out that etcd is full, and that there is room again", async () => {
  await using cluster = await EtcdCluster.start({ size: 1, quota: QUOTA });
  await using etcd = cluster.open();
  const { id } = await etcd.grantLease({ ttl: 60_000 }, call);
  const large = "x".repeat(1_000_000);
  let revision = 0;
  let error: unknown = null;
  for (let written = 0; written < 20 && error === null; written++) {
    await etcd.transact(write(large), call).then(
      (answer) => revision = answer.revision,
      (reason) => error = reason,
    );
  }
  assert.ok(error instanceof EtcdError && error.kind === "full", String(error));
  assert.match(error.message, /make room/);
  assert.equal((await refusalOf(etcd.grantLease({ ttl: 10_000 }, call))).kind, "full");
  // It goes on reading, deleting, and keeping what there is.
  assert.equal((await valueIn(etcd))?.length, large.length);
  assert.equal(await etcd.keepAlive(id, call), 60_000);
  const status = await etcd.status(call);
  assert.deepEqual(status.map(({ isFull, quota }) => ({ isFull, quota })), [{ isFull: true, quota: QUOTA }]);
  await etcd.transact({ compares: [], then: [{ delete: KEY }] }, call);

  await cluster.etcdctl(["compaction", "--physical", String(revision + 1)]);
  await cluster.etcdctl(["defrag"]);
  await cluster.etcdctl(["alarm", "disarm"]);
  assert.equal((await etcd.transact(write("small"), call)).succeeded, true);
  assert.deepEqual((await etcd.status(call)).map(({ isFull }) => isFull), [false]);
});

testNeeding(etcdNeeds, "a token that etcd has forgotten is renewed, and nothing is done twice", async () => {
  await using cluster = await EtcdCluster.start({ size: 1, tokenTtl: 1 });
  await using etcd = cluster.open();
  const { revision } = await etcd.transact(write("1"), call);
  // etcd looks for tokens to forget once a second.
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  const answers = await Promise.all(["2", "3", "4"].map((value) => etcd.transact(write(value), call)));
  assert.deepEqual(
    answers.map(({ revision }) => revision).toSorted(),
    [1, 2, 3].map((more) => revision + more),
  );
});

testNeeding(etcdNeeds, "an etcd without TLS and users needs neither", async () => {
  await using cluster = await EtcdCluster.start({ size: 1, tls: false, users: false });
  {
    // A user does no harm, as with etcdctl.
    await using etcd = cluster.open({ user: "nodepool", password: "any" });
    assert.equal((await etcd.transact(write("1"), call)).succeeded, true);
    assert.equal(await valueIn(etcd), "1");
  }
  const endpoints = cluster.endpoints.map((endpoint) => endpoint.replace("http", "https"));
  const { kind, message } = await heard(cluster, { endpoints });
  assert.deepEqual([kind, /write http:\/\//.test(message)], ["unreachable", true], message);
});

/** All endpoints, that of this index first. */
function from({ endpoints }: EtcdCluster, index: number): readonly string[] {
  return [...endpoints.slice(index), ...endpoints.slice(0, index)];
}
