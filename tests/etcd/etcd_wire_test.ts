/** The forms of requests and answers of etcd's gateway. Answers are those of a real member. */
import assert from "node:assert/strict";
import * as v from "valibot";
import {
  rangeSchema,
  readEntry,
  readTransaction,
  toBase64,
  transactionSchema,
  writeTransaction,
} from "../../src/etcd/etcd_wire.ts";

Deno.test("a transaction is written with base64, numbers as strings and its branches", () => {
  const written = writeTransaction({
    compares: [{ key: "leader", createRevision: 0 }, { key: "b", value: "ü" }],
    then: [{ put: "a", value: "1", lease: "77" }, { delete: "b" }, { get: "a" }],
    otherwise: [{ get: "leader" }],
  });
  assert.deepEqual(written, {
    compare: [
      { key: "bGVhZGVy", target: "CREATE", create_revision: "0" },
      { key: "Yg==", target: "VALUE", value: "w7w=" },
    ],
    success: [
      { request_put: { key: "YQ==", value: "MQ==", lease: "77" } },
      { request_delete_range: { key: "Yg==" } },
      { request_range: { key: "YQ==" } },
    ],
    failure: [{ request_range: { key: "bGVhZGVy" } }],
  });
});

interface Written {
  readonly success: readonly { readonly request_txn?: Written; readonly request_put?: { key: string } }[];
}

function depth({ success }: Written): number {
  return 1 + Math.max(...success.map(({ request_txn: inner }) => inner === undefined ? 0 : depth(inner)));
}

function keys({ success }: Written): string[] {
  return success.flatMap(({ request_txn: inner, request_put: put }) =>
    inner !== undefined ? keys(inner) : put === undefined ? [] : [put.key]
  );
}

for (const count of [0, 1, 42, 43, 128, 1_764, 1_765, 8_000]) {
  Deno.test(`a transaction of ${count} operations is nested within etcd's limit, in its order`, () => {
    const names = Array.from({ length: count }, (_, at) => `k${at}`);
    const written = writeTransaction({
      compares: [],
      then: names.map((put) => ({ put, value: "" })),
    }) as Written;
    assert.deepEqual(keys(written), names.map(toBase64));
    // Each list may have 42; etcd counts those along a way.
    if (count > 0) assert.ok(depth(written) * 42 <= 128);
  });
}

Deno.test("what a transaction found is read in its order, out of nested ones, too", () => {
  const kv = {
    key: "bGVhZGVy",
    create_revision: "3",
    mod_revision: "4",
    version: "1",
    value: "eA==",
    lease: "77",
  };
  const answer = v.parse(transactionSchema, {
    header: { cluster_id: "3", member_id: "33", revision: "4", raft_term: "2" },
    succeeded: true,
    responses: [
      { response_put: { header: { revision: "4" } } },
      {
        response_txn: {
          header: {},
          succeeded: true,
          responses: [{ response_range: { header: { revision: "4" }, kvs: [kv], count: "1" } }],
        },
      },
      { response_range: { header: { revision: "4" } } },
    ],
  });
  assert.deepEqual(readTransaction(answer), {
    succeeded: true,
    found: [{ key: "leader", value: "x", createRevision: 3, lease: "77" }, null],
  });
});

Deno.test("an answer may leave out what is empty, false or zero", () => {
  const header = { cluster_id: "3", member_id: "33", revision: "3", raft_term: "2" };
  const { kvs, more } = v.parse(rangeSchema, { header });
  assert.deepEqual([kvs, more], [[], false]);
  assert.deepEqual(readTransaction(v.parse(transactionSchema, { header })), { succeeded: false, found: [] });
  const entry = { key: "YQ==", create_revision: "2", mod_revision: "2", version: "1" };
  assert.deepEqual(readEntry(v.parse(rangeSchema, { header, kvs: [entry] }).kvs[0]!), {
    key: "a",
    value: "",
    createRevision: 2,
    lease: null,
  });
});
