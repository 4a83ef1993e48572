/** What `config-validate --online` finds: one thing that a launch needs, and how it stands on the provider's cloud. */

/** In the order in which they are shown. */
const onlineCheckNames = [
  "login",
  "roles",
  "listings",
  "certificate",
  "clock",
  "quota",
  "network",
  "floating_ip",
  "zone",
  "keypair",
  "security_group",
  "image",
  "flavor",
  "private_key",
  "script",
  "label",
] as const;

export interface OnlineCheck {
  readonly provider: string;
  readonly check: typeof onlineCheckNames[number];
  /** What was checked, as the configuration names it; null: the provider itself. */
  readonly subject: string | null;
  /** A failure stops launches; a warning does not, or it cannot be known. */
  readonly result: "ok" | "warning" | "failure";
  /** What was found; what is wrong, and what to do. */
  readonly message: string;
}
