/**
 * `Etcd` over the JSON gateway of real members, 3.4 or newer. Reads are repeated until one answers; a transaction is sent
 * once, unless it certainly was not done. The composition root opens one for a state on etcd, and so do commands.
 */
import type { EtcdMemberReport } from "../domain/machines_report.ts";
import * as v from "valibot";
import type { EtcdConfig } from "../domain/etcd_config.ts";
import { createUndiciSend } from "../http/undici_send.ts";
import type { Call } from "../lib/call.ts";
import { systemClock } from "../lib/clock.ts";
import { etcdQuotas } from "./etcd_quotas.ts";
import {
  type Etcd,
  EtcdError,
  type Lease,
  type RangeAnswer,
  type RangeRequest,
  type Transaction,
  type TransactionAnswer,
} from "./etcd.ts";
import { EtcdLine } from "./etcd_line.ts";
import { type EtcdCredentials, EtcdLogin } from "./etcd_login.ts";
import { EtcdMembers } from "./etcd_members.ts";
import {
  grantSchema,
  keepAliveSchema,
  rangeSchema,
  readEntry,
  readTransaction,
  statusSchema,
  toBase64,
  transactionSchema,
  writeTransaction,
} from "./etcd_wire.ts";

/**
 * Milliseconds for an answer. A lease of 10 s is kept alive each 2.5 s: one silent member must leave time for the next.
 * A transaction gains nothing from being given up early: then nobody knows whether it was done.
 */
const QUICKLY = { timeout: 1_500, repeatable: true } as const;
const LISTING = 5_000;
const TRANSACTION = 4_000;

/** A host that is cut off does not refuse a connection; known before the request is given up, it was not sent for sure. */
const CONNECT_TIMEOUT = 1_000;

/** Commits, pages of a listing, and never behind them what keeps the lease alive. */
const CONNECTIONS = 8;

/** Bytes of an answer; a listing is in pages. */
const MAX_BODY = 256 * 2 ** 20;

/** @param credentials those of the configuration as it is now; left out: they stay. Does not throw */
export function openEtcd(
  config: EtcdConfig,
  credentials: () => Promise<EtcdCredentials> = () => Promise.resolve(config),
): Etcd {
  return new EtcdGateway(config, credentials);
}

class EtcdGateway implements Etcd {
  readonly #endpoints: readonly string[];
  readonly #send: ReturnType<typeof createUndiciSend>;
  readonly #line: EtcdLine;
  readonly #members: EtcdMembers;
  readonly #quotaOf: ReturnType<typeof etcdQuotas>;

  constructor(
    { endpoints, pool, caCert, cert, key, user, password }: EtcdConfig,
    credentials: () => Promise<EtcdCredentials>,
  ) {
    this.#endpoints = endpoints;
    this.#send = createUndiciSend({
      verify: true,
      caCert,
      clientCert: cert,
      clientKey: key,
      connections: CONNECTIONS,
      connectTimeout: CONNECT_TIMEOUT,
      maxBody: MAX_BODY,
      caSetting: "etcd.cacert",
      trustAdvice: "set etcd.cacert",
    });
    this.#line = new EtcdLine({
      send: this.#send,
      clock: systemClock,
      visitor: { user, hasPassword: password !== null, pool },
      hasCertificate: cert !== null,
    });
    const login = new EtcdLogin({ line: this.#line, user, credentials });
    this.#members = new EtcdMembers({ endpoints, line: this.#line, login });
    this.#quotaOf = etcdQuotas({ send: this.#send, clock: systemClock });
  }

  get clockAhead(): number | null {
    return this.#line.clockAhead;
  }

  async range({ key, end, limit, reverse, revision }: RangeRequest, call: Call): Promise<RangeAnswer> {
    const answer = await this.#members.ask({
      path: "kv/range",
      body: {
        key: toBase64(key),
        ...(end !== undefined && { range_end: toBase64(end) }),
        ...(limit !== undefined && { limit: String(limit) }),
        ...(reverse === true && { sort_order: "DESCEND", sort_target: "KEY" }),
        ...(revision !== undefined && { revision: String(revision) }),
      },
      schema: rangeSchema,
      what: "read keys",
      ...QUICKLY,
      ...(end !== undefined && { timeout: LISTING }),
    }, call);
    return {
      entries: answer.kvs.map(readEntry),
      revision: revision ?? answer.header.revision,
      more: answer.more,
    };
  }

  async transact(transaction: Transaction, call: Call): Promise<TransactionAnswer> {
    const changesNothing = transaction.then.every((operation) => "get" in operation);
    const answer = await this.#members.ask({
      path: "kv/txn",
      body: writeTransaction(transaction),
      schema: transactionSchema,
      what: changesNothing ? "read keys" : "write keys",
      timeout: TRANSACTION,
      repeatable: changesNothing,
    }, call);
    return { revision: answer.header.revision, ...readTransaction(answer) };
  }

  /** One that is given twice ends by itself. */
  async grantLease({ ttl }: { readonly ttl: number }, call: Call): Promise<Lease> {
    const { ID: id, TTL: seconds } = await this.#members.ask({
      path: "lease/grant",
      body: { TTL: String(Math.ceil(ttl / 1000)) },
      schema: grantSchema,
      what: "grant a lease",
      ...QUICKLY,
    }, call);
    return { id, ttl: seconds * 1000 };
  }

  async keepAlive(lease: string, call: Call): Promise<number> {
    const { result } = await this.#members.ask({
      path: "lease/keepalive",
      body: { ID: lease },
      schema: keepAliveSchema,
      what: "keep a lease alive",
      ...QUICKLY,
    }, call);
    return result.TTL * 1000;
  }

  async revokeLease(lease: string, call: Call): Promise<void> {
    try {
      await this.#members.ask({
        path: "lease/revoke",
        body: { ID: lease },
        schema: v.unknown(),
        what: "end a lease",
        ...QUICKLY,
      }, call);
    } catch (error) {
      if (!(error instanceof EtcdError && error.kind === "gone")) throw error;
    }
  }

  status(call: Call): Promise<readonly EtcdMemberReport[]> {
    return Promise.all(this.#endpoints.map((endpoint) => this.#statusOf(endpoint, call)));
  }

  async #statusOf(endpoint: string, call: Call): Promise<EtcdMemberReport> {
    try {
      const status = await this.#members.askOne(endpoint, STATUS, call);
      const alarms = alarmsOf(status);
      return {
        endpoint,
        problem: problemOf(status, alarms),
        version: status.version,
        databaseSize: status.dbSize,
        quota: await this.#quotaOf(endpoint, call),
        isRaftLeader: status.leader === status.header.member_id,
        isFull: alarms.includes("NOSPACE"),
      };
    } catch (error) {
      call.signal.throwIfAborted();
      if (!(error instanceof EtcdError)) throw error;
      return { endpoint, problem: error.message, ...SILENT };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#send[Symbol.asyncDispose]();
  }
}

const SILENT = {
  version: null,
  databaseSize: null,
  quota: null,
  isRaftLeader: false,
  isFull: false,
} as const;

const STATUS = {
  path: "maintenance/status",
  body: {},
  schema: statusSchema,
  what: "report its status",
  ...QUICKLY,
  alone: true,
} as const;

/** Its own. It tells them in words, and to itself: to ask for all takes a majority. */
function alarmsOf({ errors, header: { member_id } }: v.InferOutput<typeof statusSchema>): readonly string[] {
  const alarms = errors.map((error) => error.match(/^memberID:(\d+)\s+alarm:(\w+)/) ?? []);
  return alarms.flatMap(([, id, alarm]) => id === member_id ? [alarm!] : []);
}

function problemOf({ leader }: { leader: string }, alarms: readonly string[]): string | null {
  if (alarms.includes("CORRUPT")) return "its data is corrupt; replace this member";
  return leader === "0" ? "it is cut off from the majority of the members" : null;
}
