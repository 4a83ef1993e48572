/**
 * What every etcd must do, real members behind their gateway and the one in memory alike: `tests/machines` runs these
 * cases on both. Each has keys of its own below its prefix.
 */
import assert from "node:assert/strict";
import type { Etcd } from "../../src/etcd/etcd.ts";

interface EtcdUnderTest {
  readonly etcd: Etcd;
  /** Of all keys that the case may use; ends with a slash. */
  readonly prefix: string;
  /** Has etcd forget what was before that revision. */
  readonly compact: (revision: number) => Promise<void>;
  /** Lets so many milliseconds pass. */
  readonly pass: (milliseconds: number) => Promise<void>;
}

interface EtcdCase {
  readonly title: string;
  readonly run: (tested: EtcdUnderTest) => Promise<void>;
}

const { signal } = new AbortController();
const call = { signal };

function put({ etcd, prefix }: EtcdUnderTest, values: Readonly<Record<string, string>>) {
  const then = Object.entries(values).map(([name, value]) => ({ put: prefix + name, value }));
  return etcd.transact({ compares: [], then }, call);
}

/** All keys below the prefix with their values. */
async function everything(
  { etcd, prefix }: EtcdUnderTest,
  revision?: number,
): Promise<Record<string, string>> {
  const range = { key: prefix, end: endOf(prefix), ...(revision !== undefined && { revision }) };
  const { entries } = await etcd.range(range, call);
  return Object.fromEntries(entries.map(({ key, value }) => [key.slice(prefix.length), value]));
}

/** The first key behind all those with the prefix, a slash at its end. */
function endOf(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}

export const etcdContract: readonly EtcdCase[] = [
  {
    title: "keeps texts of any characters, and nothing as nothing",
    async run(tested) {
      const values = { a: "", b: "ü 漢 🚀 \u0000 \n", c: '{"quoted":"<&>"}', d: "x".repeat(100_000) };
      await put(tested, values);
      assert.deepEqual(await everything(tested), values);
    },
  },
  {
    title: "tells when a key was made",
    async run(tested) {
      const { etcd, prefix } = tested;
      const { revision: made } = await put(tested, { a: "1", b: "1" });
      const { revision: changed } = await put(tested, { a: "2" });
      assert.equal(changed, made + 1);
      const { entries, revision } = await etcd.range({ key: `${prefix}a` }, call);
      assert.deepEqual(entries, [
        { key: `${prefix}a`, value: "2", createRevision: made, lease: null },
      ]);
      assert.equal(revision, changed);
      await etcd.transact({ compares: [], then: [{ delete: `${prefix}a` }] }, call);
      const { revision: again } = await put(tested, { a: "3" });
      const [entry] = (await etcd.range({ key: `${prefix}a` }, call)).entries;
      assert.equal(entry?.createRevision, again);
    },
  },
  {
    title: "reads ranges in the order of their keys, from either end, cut by a limit",
    async run({ etcd, prefix, ...rest }) {
      await put({ etcd, prefix, ...rest }, { c: "", a: "", b: "", d: "" });
      const names = async (options: { key?: string; end?: string; limit?: number; reverse?: boolean }) => {
        const answer = await etcd.range({ key: prefix, end: endOf(prefix), ...options }, call);
        return [answer.entries.map(({ key }) => key.slice(prefix.length)).join(""), answer.more];
      };
      assert.deepEqual(await names({}), ["abcd", false]);
      assert.deepEqual(await names({ limit: 3 }), ["abc", true]);
      assert.deepEqual(await names({ limit: 4 }), ["abcd", false]);
      assert.deepEqual(await names({ reverse: true }), ["dcba", false]);
      assert.deepEqual(await names({ reverse: true, limit: 1 }), ["d", true]);
      assert.deepEqual(await names({ key: `${prefix}b`, end: `${prefix}d` }), ["bc", false]);
      assert.deepEqual(await names({ key: `${prefix}x` }), ["", false]);
    },
  },
  {
    title: "pages through a listing as it stood at one revision, whatever is written meanwhile",
    async run(tested) {
      const { etcd, prefix } = tested;
      const { revision } = await put(tested, { a: "1", b: "1", c: "1" });
      await put(tested, { b: "2", bb: "2" });
      await etcd.transact({ compares: [], then: [{ delete: `${prefix}c` }] }, call);
      const found: string[] = [];
      for (let key = prefix, more = true; more;) {
        const page = await etcd.range({ key, end: endOf(prefix), limit: 1, revision }, call);
        found.push(...page.entries.map(({ key, value }) => key.slice(prefix.length) + value));
        assert.equal(page.revision, revision);
        more = page.more;
        key = `${page.entries.at(-1)?.key}\0`;
      }
      assert.deepEqual(found, ["a1", "b1", "c1"]);
    },
  },
  {
    title: "says that a revision is compacted, and reads later ones",
    async run(tested) {
      const { revision: before } = await put(tested, { a: "1" });
      const { revision: after } = await put(tested, { a: "2" });
      await tested.compact(after);
      await assert.rejects(everything(tested, before), { name: "EtcdError", kind: "compacted" });
      assert.deepEqual(await everything(tested, after), { a: "2" });
      assert.deepEqual(await everything(tested), { a: "2" });
    },
  },
  {
    title: "does a transaction whole where all compares hold, and else only reads",
    async run(tested) {
      const { etcd, prefix } = tested;
      const { revision } = await put(tested, { a: "1" });
      const raise = {
        compares: [
          { key: `${prefix}a`, createRevision: revision },
          { key: `${prefix}a`, value: "1" },
          { key: `${prefix}b`, createRevision: 0 },
        ],
        then: [
          { get: `${prefix}a` },
          { put: `${prefix}a`, value: "2" },
          { get: `${prefix}a` },
          { get: `${prefix}b` },
        ],
        otherwise: [{ get: `${prefix}b` }, { get: `${prefix}a` }],
      };
      const done = await etcd.transact(raise, call);
      assert.deepEqual([done.succeeded, done.found.map((entry) => entry?.value)], [true, [
        "1",
        "2",
        undefined,
      ]]);
      assert.equal(done.revision, revision + 1);
      const refused = await etcd.transact(raise, call);
      assert.deepEqual([refused.succeeded, refused.found.map((entry) => entry?.value)], [false, [
        undefined,
        "2",
      ]]);
      assert.equal(refused.revision, revision + 1);
      assert.deepEqual(await everything(tested), { a: "2" });
    },
  },
  {
    title: "holds no compare of the value of a key that is not there",
    async run({ etcd, prefix }) {
      const { succeeded } = await etcd.transact(
        { compares: [{ key: `${prefix}a`, value: "" }], then: [] },
        call,
      );
      assert.equal(succeeded, false);
    },
  },
  {
    title: "deletes keys, and counts no revision where there is nothing to delete",
    async run(tested) {
      const { etcd, prefix } = tested;
      const { revision } = await put(tested, { a: "", b: "", c: "", d: "" });
      const some = [{ delete: `${prefix}a` }, { delete: `${prefix}b` }, { delete: `${prefix}c` }];
      assert.equal((await etcd.transact({ compares: [], then: some }, call)).revision, revision + 1);
      assert.deepEqual(await everything(tested), { d: "" });
      assert.equal((await etcd.transact({ compares: [], then: some }, call)).revision, revision + 1);
    },
  },
  {
    title: "does thousands of operations in one transaction, in their order",
    async run(tested) {
      const { etcd, prefix } = tested;
      const names = Array.from({ length: 1_000 }, (_, at) => `n${String(at).padStart(4, "0")}`);
      const then = names.flatMap((name) => [{ put: prefix + name, value: name }, { get: prefix + name }]);
      const answer = await etcd.transact(
        { compares: [{ key: `${prefix}x`, createRevision: 0 }], then },
        call,
      );
      assert.deepEqual(answer.found.map((entry) => entry?.value), names);
      assert.deepEqual(Object.keys(await everything(tested)), names);
    },
  },
  {
    title: "refuses a transaction that writes a key twice, or one that is too large, and does nothing of it",
    async run(tested) {
      const { etcd, prefix } = tested;
      const twice = [{ put: `${prefix}a`, value: "1" }, { put: `${prefix}a`, value: "2" }];
      const large = ["a", "b", "c"].map((name) => ({ put: prefix + name, value: "x".repeat(600_000) }));
      for (const then of [twice, large]) {
        await assert.rejects(etcd.transact({ compares: [], then }, call), {
          name: "EtcdError",
          kind: "refused",
        });
      }
      assert.deepEqual(await everything(tested), {});
    },
  },
  {
    title: "ends a lease that nobody keeps alive, with its keys, and none that somebody does",
    async run(tested) {
      const { etcd, prefix } = tested;
      const [kept, left] = [
        await etcd.grantLease({ ttl: 3_000 }, call),
        await etcd.grantLease({ ttl: 3_000 }, call),
      ];
      assert.ok(kept.ttl >= 3_000);
      const then = [
        { put: `${prefix}kept`, value: "", lease: kept.id },
        { put: `${prefix}left`, value: "", lease: left.id },
        { put: `${prefix}freed`, value: "", lease: left.id },
      ];
      await etcd.transact({ compares: [], then }, call);
      assert.equal((await etcd.range({ key: `${prefix}kept` }, call)).entries[0]?.lease, kept.id);
      await put(tested, { freed: "" });
      for (let step = 0; step < 30 && "left" in await everything(tested); step++) {
        await tested.pass(500);
        assert.ok(await etcd.keepAlive(kept.id, call) >= 3_000);
      }
      assert.deepEqual(Object.keys(await everything(tested)), ["freed", "kept"]);
      assert.equal(await etcd.keepAlive(left.id, call), 0);
      await etcd.revokeLease(kept.id, call);
      await etcd.revokeLease(kept.id, call);
      assert.deepEqual(Object.keys(await everything(tested)), ["freed"]);
    },
  },
  {
    title: "puts nothing on a lease that has ended",
    async run(tested) {
      const { etcd, prefix } = tested;
      const { id } = await etcd.grantLease({ ttl: 60_000 }, call);
      await etcd.revokeLease(id, call);
      const then = [{ put: `${prefix}a`, value: "" }, { put: `${prefix}b`, value: "", lease: id }];
      await assert.rejects(etcd.transact({ compares: [], then }, call), { name: "EtcdError", kind: "gone" });
      assert.deepEqual(await everything(tested), {});
    },
  },
  {
    title: "lets one of many win that write the same key at once",
    async run({ etcd, prefix }) {
      const key = `${prefix}leader`;
      const campaign = (value: string) =>
        etcd.transact({ compares: [{ key, createRevision: 0 }], then: [{ put: key, value }] }, call);
      const answers = await Promise.all(Array.from("abcdefghij", campaign));
      assert.equal(answers.filter(({ succeeded }) => succeeded).length, 1);
    },
  },
  {
    title: "tells its members' status, and how its clock stands",
    async run({ etcd, prefix }) {
      await etcd.range({ key: prefix }, call);
      const members = await etcd.status(call);
      assert.equal(members.filter(({ isRaftLeader }) => isRaftLeader).length, 1);
      for (const { problem, isFull, databaseSize } of members) {
        assert.deepEqual([problem, isFull, (databaseSize ?? 0) > 0], [null, false, true]);
      }
      assert.ok(Math.abs(etcd.clockAhead ?? Infinity) < 2_000);
    },
  },
  {
    title: "asks nothing on a signal that is aborted",
    async run({ etcd, prefix }) {
      const reason = new Error("left");
      await assert.rejects(etcd.range({ key: prefix }, { signal: AbortSignal.abort(reason) }), reason);
    },
  },
];
