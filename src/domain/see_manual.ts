/** The sections of the manual that messages refer to, by names that `nodepool manual` takes. */

/** A test holds each against the manual. */
export const linkedSections = [
  "broken-configuration",
  "builder-machine",
  "capacity",
  "clock",
  "config-differs",
  "damaged-state",
  "disk-full",
  "doubtful",
  "etcd-full",
  "etcd-member-down",
  "login",
  "lost-machine",
  "lost-state",
  "missing-flavor",
  "missing-image",
  "no-image",
  "no-jobs",
  "no-leader",
  "paused",
  "quota",
  "restored-state",
  "state-in-use",
  "two-daemons",
  "unreachable",
] as const;

/** The end of a message, or of a part of one in brackets. */
export function seeManual(section: typeof linkedSections[number]): string {
  return `see: nodepool manual ${section}`;
}
