/**
 * Which machines of a pool were there last, and which are missing since: read off the pool's events, so that a new leader
 * misses whom the one before it missed. `MachinesWatch` feeds it with events and with what it sees.
 */
import type { LostMachine, Machine, MachineRole, MemberMachine } from "./machines_report.ts";
import type { NewEvent } from "./pool_event.ts";
import { DAY, type Instant } from "./time.ts";

type Named = Pick<Machine, "id" | "host">;
type Member = Named & { readonly role: MachineRole };
/** With when it began to lead. */
type Leader = Named & Pick<Machine, "since">;

export interface SeenMachines {
  readonly leader: Machine;
  readonly members: readonly MemberMachine[];
}

export class MachineRoll {
  #leader: Leader | null;
  /** By the ids of their processes. */
  readonly #members = new Map<string, Member>();
  #lost: readonly LostMachine[] = [];

  /** @param leader the one that this process stood behind; null: there was none, or nobody knows */
  constructor(leader: Leader | null) {
    this.#leader = leader;
  }

  /** Takes an event; those of anything but machines are passed over. */
  note({ kind, subject: { name: host }, labels }: NewEvent, at: Instant): void {
    const { process: id = "", role = "", former = null } = labels;
    const member = { id, host, role: role as MachineRole };
    if (kind === "machine.joined") this.#join(member);
    else if (kind === "machine.left") this.#leave(member, at);
    else if (kind === "machine.leads") this.#follow({ id, host }, { former, at });
  }

  /** The events that say what is not as it was; what was so before the leader before this one led is no news. */
  newsOf({ leader, members }: SeenMachines): NewEvent[] {
    const others = members.filter(({ id }) => id !== leader.id);
    const gone = [...this.#members.values()].filter(({ id }) =>
      id !== leader.id && !others.some((other) => other.id === id)
    );
    const { since } = this.#leader ?? leader;
    const come = others.filter((member) =>
      !this.#members.has(member.id) && (member.since >= since || this.#isMissed(member))
    );
    return [
      // Before who leads: that may be another process of such a machine.
      ...gone.map((member) => memberEvent("machine.left", member)),
      ...(this.#leader?.id === leader.id ? [] : [leadsEvent(leader, this.#leader)]),
      ...come.map((member) => memberEvent("machine.joined", member)),
    ];
  }

  /** Takes what is seen, once its news have been noted. */
  see({ members, leader }: SeenMachines): void {
    for (const member of members) if (member.id !== leader.id) this.#members.set(member.id, member);
  }

  /** Those of the last day: a machine that stays away for longer is taken to be retired. */
  lost(now: Instant): readonly LostMachine[] {
    return this.#lost.filter(({ since }) => now - since < DAY);
  }

  #follow(leader: Named, { former, at }: { former: string | null; at: Instant }): void {
    const wasMember = this.#members.delete(leader.id);
    if (former !== null) this.#lose({ host: former, role: "standby", since: at });
    if (!wasMember) this.#find({ host: leader.host, role: "standby" });
    this.#leader = { ...leader, since: at };
  }

  #join(member: Member): void {
    this.#members.set(member.id, member);
    this.#find(member);
  }

  #leave({ id, host, role }: Member, since: Instant): void {
    this.#members.delete(id);
    this.#lose({ host, role, since });
  }

  #lose(machine: LostMachine): void {
    this.#lost = [...this.lost(machine.since), machine];
  }

  /** One process of the machine is there again. */
  #find(member: Pick<Member, "host" | "role">): void {
    const found = this.#lost.find((one) => isSame(one, member));
    this.#lost = this.#lost.filter((one) => one !== found);
  }

  #isMissed(member: Member): boolean {
    return this.#lost.some((one) => isSame(one, member));
  }
}

function isSame(one: Pick<Member, "host" | "role">, other: Pick<Member, "host" | "role">): boolean {
  return one.host === other.host && one.role === other.role;
}

function leadsEvent({ id, host }: Named, before: Named | null): NewEvent {
  const former = before === null || before.host === host ? null : before.host;
  return machineEvent("machine.leads", {
    host,
    labels: { process: id, ...(former === null ? {} : { former }) },
    message: former === null ? `${host} leads the pool` : `${host} leads the pool after ${former}`,
  });
}

function memberEvent(kind: "machine.joined" | "machine.left", { id, host, role }: Member): NewEvent {
  const message = kind === "machine.joined"
    ? `${host} has joined as a ${role}`
    : `the ${role} ${host} is gone`;
  return machineEvent(kind, { host, labels: { role, process: id }, message });
}

function machineEvent(
  kind: NewEvent["kind"],
  { host, labels, message }: { host: string; labels: NewEvent["labels"]; message: string },
): NewEvent {
  return { kind, subject: { type: "machine", id: null, name: host }, labels, message };
}
