import { deepEqual } from "node:assert/strict";
import { MachineRoll } from "../../src/domain/machine_roll.ts";
import type { Machine, MemberMachine } from "../../src/domain/machines_report.ts";
import type { NewEvent } from "../../src/domain/pool_event.ts";
import { DAY, SECOND } from "../../src/domain/time.ts";

function machine(id: string, host: string, since = 0): Machine {
  return { id, host, pid: 1, version: "0.4.0", since };
}

const standby = (id: string, host: string, since = 0): MemberMachine => ({
  ...machine(id, host, since),
  role: "standby",
});
const builder = (id: string, host: string, since = 0): MemberMachine => ({
  ...machine(id, host, since),
  role: "builder",
});

/** A leader's look: what it tells, which the roll notes then. */
function look(
  roll: MachineRoll,
  { leader, members = [], at }: { leader: Machine; members?: readonly MemberMachine[]; at: number },
): NewEvent[] {
  const news = roll.newsOf({ leader, members });
  for (const event of news) roll.note(event, at);
  roll.see({ leader, members });
  return news;
}

const told = (news: readonly NewEvent[]) => news.map(({ message }) => message);
const missing = (roll: MachineRoll, now: number) => roll.lost(now).map(({ host, role }) => `${role} ${host}`);

Deno.test("a pool tells who leads, who joins and who is gone, each once", () => {
  const roll = new MachineRoll(null);
  const leader = machine("1", "a", 100);
  deepEqual(told(look(roll, { leader, members: [standby("2", "b", 50)], at: 100 })), ["a leads the pool"]);
  deepEqual(look(roll, { leader, members: [standby("2", "b", 50)], at: 200 }), []);
  const members = [standby("2", "b", 50), builder("3", "c", 250)];
  deepEqual(told(look(roll, { leader, members, at: 300 })), ["c has joined as a builder"]);
  deepEqual(look(roll, { leader, members, at: 400 }), []);
  deepEqual(told(look(roll, { leader, members: [], at: 500 })), [
    "the standby b is gone",
    "the builder c is gone",
  ]);
  deepEqual(missing(roll, 500), ["standby b", "builder c"]);
  deepEqual(look(roll, { leader, members: [], at: 600 }), []);
});

Deno.test("a machine is missed until one of it has joined, and for a day", () => {
  const roll = new MachineRoll(null);
  const leader = machine("1", "a", 100);
  look(roll, { leader, members: [standby("2", "b", 50), builder("3", "b", 50)], at: 100 });
  look(roll, { leader, members: [], at: 200 });
  deepEqual(missing(roll, 200), ["standby b", "builder b"]);
  look(roll, { leader, members: [builder("4", "b", 300)], at: 300 });
  deepEqual(missing(roll, 300), ["standby b"]);
  deepEqual(missing(roll, 199 + DAY), ["standby b"]);
  deepEqual(missing(roll, 200 + DAY), []);
});

Deno.test("of several processes on one machine, as many are missed as are gone", () => {
  const roll = new MachineRoll(null);
  const leader = machine("1", "a", 100);
  look(roll, { leader, members: [standby("2", "a"), standby("3", "a")], at: 100 });
  look(roll, { leader, members: [standby("3", "a")], at: 200 });
  deepEqual(missing(roll, 200), ["standby a"]);
  look(roll, { leader, members: [standby("3", "a"), standby("4", "a", 250)], at: 300 });
  deepEqual(missing(roll, 300), []);
});

Deno.test("whoever takes over misses the leader before it until that is a standby, however long it led", () => {
  const roll = new MachineRoll(machine("1", "a", 20));
  const leader = machine("2", "b", 5_000);
  deepEqual(told(look(roll, { leader, members: [standby("3", "c", 10)], at: 5_000 })), [
    "b leads the pool after a",
  ]);
  deepEqual(missing(roll, 5_000), ["standby a"]);
  const members = [standby("3", "c", 10), standby("4", "a", 6_000)];
  deepEqual(told(look(roll, { leader, members, at: 7_000 })), ["a has joined as a standby"]);
  deepEqual(missing(roll, 7_000), []);
});

Deno.test("a leader that was killed and is a standby again before another leads is not missed", () => {
  const roll = new MachineRoll(machine("1", "a", 100));
  const members = [standby("3", "a", 50), standby("4", "a", 3_000), builder("5", "d", 50)];
  deepEqual(told(look(roll, { leader: machine("2", "b", 10_000), members, at: 10_000 })), [
    "b leads the pool after a",
    "a has joined as a standby",
  ]);
  deepEqual(missing(roll, 10_000), []);
});

Deno.test("a machine whose next process leads is not missed as a standby", () => {
  const first = new MachineRoll(null);
  look(first, { leader: machine("1", "a", 100), at: 100 });
  look(first, { leader: machine("1", "a", 100), members: [standby("2", "b", 200)], at: 200 });
  // All were killed at once, and b's next process is the first to be there again.
  deepEqual(told(look(first, { leader: machine("3", "b", 1_000), at: 1_000 })), [
    "the standby b is gone",
    "b leads the pool after a",
  ]);
  deepEqual(missing(first, 1_000), ["standby a"]);
});

Deno.test("a leader reads off events whom the one before it missed", () => {
  const first = new MachineRoll(null);
  const events: { event: NewEvent; at: number }[] = [];
  const leads = (roll: MachineRoll, given: Parameters<typeof look>[1]) =>
    events.push(...look(roll, given).map((event) => ({ event, at: given.at })));
  const members = [standby("2", "b"), standby("3", "c"), builder("4", "d", 150)];
  leads(first, { leader: machine("1", "a", 100), members, at: 200 });
  leads(first, { leader: machine("1", "a", 100), members: [members[0]!], at: 300 });
  const second = new MachineRoll(machine("1", "a"));
  for (const { event, at } of events) second.note(event, at);
  const leader = machine("2", "b", 20 * SECOND);
  // The builder was there again before b led: no more than b misses is told.
  deepEqual(told(look(second, { leader, members: [builder("5", "d", 10 * SECOND)], at: 20 * SECOND })), [
    "b leads the pool after a",
    "d has joined as a builder",
  ]);
  deepEqual(missing(second, 20 * SECOND), ["standby c", "standby a"]);
});

Deno.test("a single machine that starts again misses nobody", () => {
  const roll = new MachineRoll(machine("1", "a"));
  deepEqual(told(look(roll, { leader: machine("2", "a", 900), at: 900 })), ["a leads the pool"]);
  deepEqual(missing(roll, 900), []);
});
