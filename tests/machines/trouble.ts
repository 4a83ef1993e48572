/**
 * What can befall the processes of a pool on several machines and the ways between them, by chance: each strikes now and
 * ends by itself. A seeded run plays some of them one over the other.
 */
import { type Milliseconds, SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Random } from "../../src/lib/random.ts";
import { compact } from "./etcd_room.ts";
import type { Machine, Way } from "./machine.ts";
import type { Machines } from "./machines.ts";

interface Trouble {
  /** For people: `one (leads): SIGSTOP for 1.2 s`. */
  readonly what: string;
  /** Resolves once it is over. */
  play(): Promise<void>;
}

/** Long enough that a leader loses its lease, or short enough that it need not. */
function someTime(random: Random): Milliseconds {
  return random.float() < 0.3 ? 10 * SECOND + random.integer(4 * SECOND) : 100 + random.integer(3 * SECOND);
}

const seconds = (time: Milliseconds) => `${(time / SECOND).toFixed(1)} s`;

async function during(time: Milliseconds, { strike, end }: { strike: () => unknown; end: () => unknown }) {
  await strike();
  await systemClock.sleep(time);
  await end();
}

/** To a daemon or a builder. */
function machineTrouble(machine: Machine, { random, role }: { random: Random; role: string }): Trouble {
  const who = `${machine.name} (${role})`;
  const time = someTime(random);
  const members = random.pick([[0, 1, 2], [0, 1, 2], [0, 1], [1, 2], [random.integer(3)]]);
  const broken = (way: Way, words: string): Trouble => ({
    what: `${who}: ${words} etcd's members ${members} for ${seconds(time)}`,
    play: () =>
      during(time, {
        strike: () => machine.etcd(way, members),
        end: () => machine.etcd("heal", members),
      }),
  });
  return random.pick<() => Trouble>([
    () => ({ what: `${who}: kill -9`, play: () => Promise.resolve(machine.signal("SIGKILL")) }),
    () => ({
      what: `${who}: SIGSTOP for ${seconds(time)}`,
      play: () => {
        // Another may run by the time it is over.
        const { pid } = machine;
        return during(time, {
          strike: () => machine.signal("SIGSTOP", pid),
          end: () => machine.signal("SIGCONT", pid),
        });
      },
    }),
    () => broken("cut", "cut from"),
    () => broken("swallowAnswers", "hears no answers of"),
    () => broken("refuse", "refused by"),
  ])();
}

/** To a member of etcd, or to all. */
function etcdTrouble(machines: Machines, random: Random): Trouble {
  const { cluster } = machines;
  const number = random.integer(cluster.members.length);
  const member = cluster.members[number]!;
  const time = 100 + random.integer(4 * SECOND);
  return random.pick<Trouble>([
    {
      what: `etcd's member ${number}: kill -9, back after ${seconds(time)}`,
      play: () => during(time, { strike: () => member.kill(), end: () => member.start() }),
    },
    {
      what: `etcd's member ${number}: SIGSTOP for ${seconds(time)}`,
      play: () => during(time, { strike: () => member.stop(), end: () => member.continue() }),
    },
    { what: "etcd: compacted", play: () => compact(machines) },
  ]);
}

/** One by chance; whom it strikes is decided when it does. */
export async function someTrouble(machines: Machines, random: Random): Promise<Trouble> {
  const leader = await machines.leader();
  const role = (machine: Machine) =>
    machines.builders.includes(machine) ? "builds" : machine === leader ? "leads" : "stands by";
  const dice = random.float();
  const struck = random.pick(machines.daemons);
  if (dice < 0.4 && leader !== null) return machineTrouble(leader, { random, role: "leads" });
  if (dice < 0.6 || machines.builders.length === 0) {
    return machineTrouble(struck, { random, role: role(struck) });
  }
  if (dice < 0.75) return machineTrouble(random.pick(machines.builders), { random, role: "builds" });
  return etcdTrouble(machines, random);
}

/** To whoever leads, alone: the standby is to lead soon. */
export function fatalTrouble(leader: Machine, random: Random): { what: string; strike(): void; end(): void } {
  const { pid, name } = leader;
  return random.pick([
    { what: `${name} (leads): kill -9`, strike: () => leader.signal("SIGKILL"), end: () => {} },
    {
      what: `${name} (leads): SIGSTOP`,
      strike: () => leader.signal("SIGSTOP", pid),
      end: () => leader.signal("SIGCONT", pid),
    },
    {
      what: `${name} (leads): cut from etcd`,
      strike: () => leader.etcd("cut"),
      end: () => leader.etcd("heal"),
    },
  ]);
}
