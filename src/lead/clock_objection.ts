/**
 * Whether a machine's clock forbids it to lead. The pool's records hold times: a leader whose clock is far from that of the
 * one before would take what is new for old. etcd's machines are what all candidates can be compared with.
 */
import { SECOND } from "../domain/time.ts";

/** Of difference; and half a second, since what etcd says of the time has whole seconds. */
const TOLERANCE = 2.5 * SECOND;

/** @param ahead by how many milliseconds etcd's clock is; null: not known. @returns for people; null: it may lead */
export function clockObjection(ahead: number | null): string | null {
  if (ahead === null || Math.abs(ahead) <= TOLERANCE) return null;
  const by = (Math.abs(ahead) / SECOND).toFixed(1);
  return `this machine's clock is ${by} s ${ahead > 0 ? "behind" : "ahead of"} etcd's: ` +
    "keep the clocks of all machines right (chrony, systemd-timesyncd)";
}
