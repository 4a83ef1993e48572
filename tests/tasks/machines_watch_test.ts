import { deepEqual, equal, fail, match } from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { Membership } from "../../src/lead/membership.ts";
import type { MemberRecord } from "../../src/lead/leader_record.ts";
import type { Machines } from "../../src/lead/machines.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { Ledger } from "../../src/store/ledger.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import { MachinesWatch } from "../../src/tasks/machines_watch.ts";
import { TaskRegistry } from "../../src/tasks/task_registry.ts";
import { type Campaigner, campaigns, end, keys, recordOf, virtualEtcd } from "../lead/campaigning.ts";
import type { ScriptedEtcd } from "../machines/scripted_etcd.ts";
import type { VirtualClock } from "../virtual_clock.ts";

const store = (clock: VirtualClock) => createMemoryStore({ clock, random: seededRandom(1) });

/** The watch of a process that leads. */
async function watching(
  { held }: Campaigner,
  { id, etcd, clock, ledger, former = null }: {
    id: string;
    etcd: ScriptedEtcd;
    clock: VirtualClock;
    ledger: Ledger;
    former?: Machines["former"];
  },
) {
  const tasks = new TaskRegistry({ clock, onError: (_task, error) => fail(error as Error) });
  const machines = { etcd: etcd.client(id), keys, leadership: held!, self: recordOf(id), former };
  const watch = new MachinesWatch({ machines, ledger, clock, tasks });
  tasks.start();
  await clock.advance(SECOND);
  return {
    get report() {
      return watch.report;
    },
    [Symbol.asyncDispose]: () => tasks[Symbol.asyncDispose](),
  };
}

function joins(etcd: ScriptedEtcd, id: string, role: MemberRecord["role"], host = id): AsyncDisposable {
  const { clock } = etcd;
  const record = { ...recordOf(id), host, role, since: clock.wall(), control: null };
  return new Membership(etcd.client(id), { keys, record, clock });
}

async function leaves(clock: VirtualClock, member: AsyncDisposable): Promise<void> {
  const gone = member[Symbol.asyncDispose]();
  await clock.advance(SECOND);
  await gone;
}

const messages = async (ledger: Ledger) =>
  (await ledger.listEvents({ after: 0, limit: 100 })).map(({ kind, message }) => `${kind}: ${message}`);

Deno.test("a leader sees its standbys and builders and the members of etcd, and tells who comes and goes", async () => {
  const { clock, etcd } = virtualEtcd();
  await using ledger = await Ledger.load(store(clock), { clock });
  const one = campaigns(etcd, "one");
  await clock.advance(SECOND);
  const standby = joins(etcd, "two", "standby");
  await clock.advance(SECOND);
  {
    await using watch = await watching(one, { id: "one", etcd, clock, ledger });
    const builder = joins(etcd, "three", "builder");
    await clock.advance(11 * SECOND);
    const { leader, members, etcd: status, lost, isSure, lookedAt } = watch.report;
    deepEqual([leader?.host, isSure, lost], ["one", true, []]);
    deepEqual(members.map(({ host, role }) => `${role} ${host}`), ["builder three", "standby two"]);
    equal("control" in members[0]!, false, "no token is kept");
    deepEqual(status.map(({ version }) => version), ["3.4.23"]);
    equal(clock.now() - lookedAt! < 10 * SECOND, true);
    await leaves(clock, builder);
    await clock.advance(20 * SECOND);
    deepEqual(watch.report.lost.map(({ host, role }) => `${role} ${host}`), ["builder three"]);
    deepEqual(await messages(ledger), [
      "machine.leads: one leads the pool",
      "machine.joined: two has joined as a standby",
      "machine.joined: three has joined as a builder",
      "machine.left: the builder three is gone",
    ]);
  }
  await leaves(clock, standby);
  await end(clock, one);
});

Deno.test("whoever takes over misses the machine that led until that is a standby, also after a start of its own", async () => {
  const { clock, etcd } = virtualEtcd();
  await using ledger = await Ledger.load(store(clock), { clock });
  const two = campaigns(etcd, "two");
  await clock.advance(SECOND);
  const behind = { id: "one", host: "one", since: clock.wall() };
  {
    await using watch = await watching(two, { id: "two", etcd, clock, ledger, former: behind });
    deepEqual(watch.report.lost.map(({ host, role }) => `${role} ${host}`), ["standby one"]);
  }
  {
    await using watch = await watching(two, { id: "two", etcd, clock, ledger });
    deepEqual(watch.report.lost.map(({ host }) => host), ["one"]);
    const back = joins(etcd, "four", "standby", "one");
    await clock.advance(11 * SECOND);
    deepEqual(watch.report.lost, []);
    await leaves(clock, back);
    await clock.advance(11 * SECOND);
    equal(watch.report.lost.length, 1);
  }
  await end(clock, two);
});

Deno.test("while etcd does not answer, the last look stays, with its age and the reason", async () => {
  const { clock, etcd } = virtualEtcd();
  await using ledger = await Ledger.load(store(clock), { clock });
  const one = campaigns(etcd, "one");
  await clock.advance(SECOND);
  {
    await using watch = await watching(one, { id: "one", etcd, clock, ledger });
    const { lookedAt } = watch.report;
    etcd.cutOff.add("one");
    await clock.advance(MINUTE);
    const { problem, isSure, leader, etcd: status } = watch.report;
    equal(watch.report.lookedAt, lookedAt);
    match(problem!, /etcd did not answer/);
    deepEqual([isSure, leader?.host, status.length], [false, "one", 1]);
    etcd.cutOff.clear();
    await clock.advance(11 * SECOND);
    equal(watch.report.problem, null);
  }
  await end(clock, one);
});
