/** A process's use of the machine, as Linux tells it in /proc. */

/** Resident memory, now and at its most. */
export async function memoryMib(pid: number): Promise<{ now: number; peak: number }> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const read = (key: string) => Number(status.match(new RegExp(`${key}:\\s+(\\d+)`))?.[1] ?? 0) / 1024;
  return { now: read("VmRSS"), peak: read("VmHWM") };
}

/** Processor time since the process began. */
export async function cpuSeconds(pid: number): Promise<number> {
  const [user, system] = await cpuTimes(pid, FIRST.own);
  return user + system;
}

/** Processor time of all children of this process that have ended. */
export async function endedChildrenCpuSeconds(): Promise<number> {
  const [user, system] = await cpuTimes(Deno.pid, FIRST.children);
  return user + system;
}

/** Where the pair of user and system time stands among the fields after the name. */
const FIRST = { own: 11, children: 13 };
/** The kernel's unit in /proc, everywhere. */
const TICKS_PER_SECOND = 100;

async function cpuTimes(pid: number, first: number): Promise<[number, number]> {
  const fields = (await Deno.readTextFile(`/proc/${pid}/stat`)).split(") ")[1]?.split(" ") ?? [];
  return [Number(fields[first]) / TICKS_PER_SECOND, Number(fields[first + 1]) / TICKS_PER_SECOND];
}
