/**
 * The key `state` of a pool whose state is in etcd: `etcd:https://e1:2379,https://e2:2379,https://e3:2379/ci`, the
 * members' addresses and, at the end, the pool's name. Read by the configuration, and by commands, which need no more
 * of it to find a socket of this machine.
 */

interface EtcdAddress {
  /** `https://HOST:PORT` of each member. */
  readonly endpoints: readonly string[];
  readonly pool: string;
}

const PREFIX = "etcd:";
const POOL = "[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?";
const HOST = "(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)";
const MEMBERS = ["https", "http"].map((scheme) => {
  const member = `${scheme}://${HOST}:[0-9]{1,5}`;
  return `${member}(?:, ?${member})*`;
});

/** Such a state, for editors. */
export const ETCD_STATE_PATTERN = `${PREFIX}(?:${MEMBERS.join("|")})/${POOL}`;

const EXAMPLE = "etcd:https://e1.example.org:2379/ci";

export function isEtcdState(state: string): boolean {
  return state.startsWith(PREFIX);
}

/** @returns for what cannot be used, why, and what to do; it quotes no user and no password */
export function readEtcdAddress(state: string): EtcdAddress | { readonly problem: string } {
  const { endpoints, pool } = partsOf(state);
  const problem =
    [state.includes("@") ? WITH_USER : null, ...endpoints.map(whyNoMember)].find((found) => found) ??
      whyNotTogether(endpoints) ?? whyNoPool(pool);
  return problem === null ? { endpoints, pool } : { problem };
}

/** The name of the pool; null: the state is a file, or names none. */
export function etcdPoolOf(state: string): string | null {
  const { pool } = partsOf(state);
  return isEtcdState(state) && whyNoPool(pool) === null ? pool : null;
}

function partsOf(state: string): EtcdAddress {
  const [, addresses = "", pool = ""] = state.slice(PREFIX.length).match(/^(.*:\/\/[^/]*|[^/]*)\/?(.*)$/) ??
    [];
  return { endpoints: addresses.split(/, ?/), pool };
}

const WITH_USER =
  "an etcd address must not have a user or password: set `etcd.user`, and write the password into secure.conf, " +
  "section [etcd]";

function whyNoMember(member: string): string | null {
  if (!/^https?:\/\/[^/]/.test(member)) {
    return `"${member}" is not the address of an etcd member; separate addresses with commas, and put the pool's name at ` +
      `the end, such as ${EXAMPLE}`;
  }
  const [, path] = member.match(/^https?:\/\/[^/]+(\/.*)$/) ?? [];
  if (path !== undefined) {
    return `"${path}" does not belong there: the pool's name comes once, after the last address`;
  }
  if (new RegExp(`^https?://${HOST}$`).test(member)) {
    return `${member} has no port; etcd listens on 2379 unless told otherwise: write ${member}:2379`;
  }
  const port = Number(member.match(new RegExp(`^https?://${HOST}:([0-9]{1,5})$`))?.[1]);
  return port > 0 && port <= 65_535 && URL.canParse(member) ? null : `"${member}" is not an address`;
}

function whyNotTogether(members: readonly string[]): string | null {
  const distinct = (part: (member: string) => string) => new Set(members.map(part)).size;
  if (distinct((member) => member.split(":")[0]!) > 1) {
    return "some addresses have http:// and others https://: use one for all of them";
  }
  return distinct((member) => member) < members.length ? "the same address appears twice" : null;
}

function whyNoPool(pool: string): string | null {
  if (pool === "") return `the name of the pool is missing at the end, such as ${EXAMPLE}`;
  return new RegExp(`^${POOL}$`).test(pool)
    ? null
    : `"${pool}" cannot be the name of a pool: use up to 63 letters, digits, ".", "-" and "_"`;
}
