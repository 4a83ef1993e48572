/** The judgements of `config-validate --online` on an etcd that a test could not bring into such a state. */
import type { EtcdMemberReport } from "../../src/domain/machines_report.ts";
import assert from "node:assert/strict";
import type { EtcdConfig } from "../../src/domain/etcd_config.ts";
import { type Etcd, EtcdError } from "../../src/etcd/etcd.ts";
import { checkEtcd } from "../../src/online/check_etcd.ts";
import { ScriptedEtcd } from "../machines/scripted_etcd.ts";
import { VirtualClock } from "../virtual_clock.ts";

const clock = new VirtualClock();

async function found(changes: Partial<Etcd>): Promise<string> {
  const etcd = Object.assign(Object.create(null), new ScriptedEtcd({ clock }).client("me"), changes);
  const { signal } = new AbortController();
  const checks = await checkEtcd({ pool: "ci" } as EtcdConfig, { etcd, clock, signal });
  return checks.map(({ check, subject, result, message }) => `${check} ${subject}: ${result}: ${message}`)
    .join("\n");
}

const member: EtcdMemberReport = {
  endpoint: "https://e1:2379",
  problem: null,
  version: "3.5.1",
  databaseSize: 1,
  isRaftLeader: true,
  isFull: false,
  quota: null,
};

Deno.test("an etcd that is too old, or full, is a failure", async () => {
  const status = (changes: Partial<EtcdMemberReport>) => () => Promise.resolve([{ ...member, ...changes }]);
  assert.match(await found({ status: status({}) }), /^etcd https:\/\/e1:2379: ok: etcd 3.5.1$/m);
  assert.match(
    await found({ status: status({ version: "3.3.27" }) }),
    /: failure: it is etcd 3.3.27; nodepool needs 3.4/,
  );
  assert.match(await found({ status: status({ isFull: true }) }), /: failure: it has no room/);
});

Deno.test("a machine whose clock is off would not be let lead", async () => {
  assert.match(
    await found({ clockAhead: 9_000 }),
    /^clock etcd: failure: this machine's clock is 9.0 s behind etcd's/m,
  );
  assert.match(await found({ clockAhead: 300 }), /^clock etcd: ok/m);
});

Deno.test("an etcd that has never forgotten anything is told, once it has had many changes", async () => {
  const range = (revision: number, first: () => Promise<never> | null): Partial<Etcd> => ({
    range: (request) => request.revision === 1 ? first() ?? answer(revision) : answer(revision),
  });
  const answer = (revision: number) => Promise.resolve({ entries: [], revision, more: false });
  const compacted = () => Promise.reject(new EtcdError("compacted", "forgotten"));
  assert.match(
    await found(range(200_000, () => null)),
    /^etcd compaction: warning: it keeps every change ever made/m,
  );
  assert.doesNotMatch(await found(range(200_000, compacted)), /compaction/);
  assert.doesNotMatch(await found(range(20, () => null)), /compaction/);
});
