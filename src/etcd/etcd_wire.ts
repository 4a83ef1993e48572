/**
 * The forms that etcd's JSON gateway speaks: base64 for keys and values, numbers as strings, defaults left out.
 * Pure; `etcd_gateway` calls it.
 */
import { Buffer } from "node:buffer";
import * as v from "valibot";
import { fits } from "../lib/fits.ts";
import type { Compare, EtcdEntry, EtcdOperation, Transaction, TransactionAnswer } from "./etcd.ts";

/** A stock server takes 128 operations in a list and those that it is nested in: three lists deep, 74,000 have room. */
const LONGEST_LIST = 42;

const number = v.pipe(v.optional(v.union([v.string(), v.number()]), 0), v.transform(Number));
const id = v.pipe(v.optional(v.union([v.string(), v.number()]), "0"), v.transform(String));
const header = v.object({ revision: number, member_id: id });

/** As it comes: there are thousands in a listing, and valibot alone takes longer for them than etcd. */
const count = v.optional(v.union([v.string(), v.number()]));
const entrySchema = v.object({
  key: v.string(),
  value: v.optional(v.string()),
  create_revision: count,
  lease: count,
});
type WireEntry = v.InferOutput<typeof entrySchema>;
const entry = v.custom<WireEntry>((given) => fits(entrySchema, given), "this is not an entry of etcd's");

export const rangeSchema = v.object({
  header,
  kvs: v.optional(v.array(entry), []),
  more: v.optional(v.boolean(), false),
});

interface WireResponse {
  readonly response_range?: { readonly kvs: readonly WireEntry[] } | undefined;
  readonly response_txn?: WireTransaction | undefined;
}

interface WireTransaction {
  readonly succeeded: boolean;
  readonly responses: readonly WireResponse[];
}

const response: v.GenericSchema<unknown, WireResponse> = v.object({
  response_range: v.optional(v.object({ kvs: v.optional(v.array(entry), []) })),
  response_txn: v.optional(v.lazy(() => transaction)),
});

const transactionFields = {
  succeeded: v.optional(v.boolean(), false),
  responses: v.optional(v.array(response), []),
};
const transaction: v.GenericSchema<unknown, WireTransaction> = v.object(transactionFields);

export const transactionSchema = v.object({ header, ...transactionFields });
export const grantSchema = v.object({ ID: id, TTL: number });
/** A stream, of one answer here. */
export const keepAliveSchema = v.object({ result: v.object({ TTL: number }) });
export const tokenSchema = v.object({ token: v.string() });
export const statusSchema = v.object({
  header,
  version: v.string(),
  dbSize: number,
  leader: id,
  errors: v.optional(v.array(v.string()), []),
});

export function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString();
}

export function readEntry(wire: WireEntry): EtcdEntry {
  const lease = String(wire.lease ?? "0");
  return {
    key: fromBase64(wire.key),
    value: fromBase64(wire.value ?? ""),
    createRevision: Number(wire.create_revision ?? 0),
    lease: lease === "0" ? null : lease,
  };
}

/** A transaction of any length, as nested ones. */
export function writeTransaction({ compares, then, otherwise = [] }: Transaction): unknown {
  return {
    compare: compares.map(writeCompare),
    success: inGroups(then.map(writeOperation)),
    failure: inGroups(otherwise.map(writeOperation)),
  };
}

/** Whether all compares held, and what was found, in the order of the `get`s. */
export function readTransaction(
  { succeeded, responses }: WireTransaction,
): Pick<TransactionAnswer, "succeeded" | "found"> {
  return { succeeded, found: found(responses) };
}

function found(responses: readonly WireResponse[]): (EtcdEntry | null)[] {
  return responses.flatMap(({ response_range: range, response_txn: nested }) => {
    if (nested !== undefined) return found(nested.responses);
    if (range === undefined) return [];
    const [first] = range.kvs;
    return [first === undefined ? null : readEntry(first)];
  });
}

/** The first one stays apart: an etcd that is full refuses what puts something in the outermost list, and nothing else. */
function inGroups([first, ...others]: readonly unknown[]): readonly unknown[] {
  return first === undefined ? [] : [first, ...nested(others)];
}

function nested(operations: readonly unknown[]): readonly unknown[] {
  if (operations.length <= LONGEST_LIST) return operations;
  return nested(chunks(operations).map((success) => ({ request_txn: { success } })));
}

function chunks<Item>(items: readonly Item[]): (readonly Item[])[] {
  const count = Math.ceil(items.length / LONGEST_LIST);
  return Array.from({ length: count }, (_, at) => items.slice(at * LONGEST_LIST, (at + 1) * LONGEST_LIST));
}

function writeCompare(compare: Compare): unknown {
  const key = toBase64(compare.key);
  if ("value" in compare) return { key, target: "VALUE", value: toBase64(compare.value) };
  return { key, target: "CREATE", create_revision: String(compare.createRevision) };
}

function writeOperation(operation: EtcdOperation): unknown {
  if ("put" in operation) {
    const { put, value, lease } = operation;
    return {
      request_put: {
        key: toBase64(put),
        value: toBase64(value),
        ...(lease !== undefined && { lease }),
      },
    };
  }
  if ("get" in operation) return { request_range: { key: toBase64(operation.get) } };
  return { request_delete_range: { key: toBase64(operation.delete) } };
}
