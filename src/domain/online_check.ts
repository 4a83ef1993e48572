/**
 * A finding of `config-validate --online`: one thing that a launch needs, and how it stands on the provider's cloud, or in
 * the etcd that holds the state.
 */

/** In the order in which they are shown. */
const onlineCheckNames = [
  "etcd",
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
  /** null: it is about the pool as a whole. */
  readonly provider: string | null;
  readonly check: typeof onlineCheckNames[number];
  /** The thing checked, as the configuration names it; null: the provider itself. */
  readonly subject: string | null;
  /** A failure stops launches; a warning does not, or it cannot be known. */
  readonly result: "ok" | "warning" | "failure";
  /** The finding; with a problem, what to do as well. */
  readonly message: string;
}
