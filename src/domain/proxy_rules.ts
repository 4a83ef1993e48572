/**
 * Which proxy an address is asked through: one for each scheme, and hosts that are asked directly, as `no_proxy` lists
 * them. A proxy's address may hold a password: show `describeProxy` of it, never the address itself.
 */
import { blockList, net } from "./is_routable.ts";
import { bracketed, unbracketed } from "./bracketed.ts";

export interface ProxyRules {
  /** For addresses of each scheme, as `http://user:password@host:port`; null: none. */
  readonly http: string | null;
  readonly https: string | null;
  /** Hosts, suffixes, addresses, ranges, each perhaps with a port; `*`: all. */
  readonly except: readonly string[];
}

export const NO_PROXY: ProxyRules = { http: null, https: null, except: [] };

/** The proxy through which an address is asked; null: none. */
export function proxyFor(url: URL, rules: ProxyRules): URL | null {
  const proxy = url.protocol === "https:" ? rules.https : rules.http;
  if (proxy === null || rules.except.some((entry) => isExcepted(url, entry))) return null;
  return new URL(proxy);
}

/** A proxy's address without who asks and the password. */
export function describeProxy(proxy: URL): string {
  return `${proxy.protocol}//${proxy.host}`;
}

function isExcepted(url: URL, entry: string): boolean {
  if (entry === "*") return true;
  const { host, port } = hostAndPort(entry.toLowerCase());
  if (port !== null && port !== (url.port || DEFAULT_PORTS[url.protocol])) return false;
  const asked = unbracketed(url.hostname).replace(/\.$/, "").toLowerCase();
  if (host.includes("/")) return isInRange(asked, host);
  const { isIP } = net();
  if (isIP(asked) !== 0) {
    return isIP(host) !== 0 && new URL(`http://${bracketed(host)}`).hostname === url.hostname;
  }
  const name = host.replace(/^\*?\./, "").replace(/\.$/, "");
  return name !== "" && (asked === name || asked.endsWith(`.${name}`));
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/** `host`, `host:port`, `[address]`, `[address]:port`, and addresses of IPv6, which have colons of their own. */
function hostAndPort(entry: string): { host: string; port: string | null } {
  const [, inner, outer, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  return inner === undefined && outer === undefined
    ? { host: entry, port: null }
    : { host: inner ?? outer!, port: port ?? null };
}

function isInRange(address: string, range: string): boolean {
  const [first = "", length = ""] = range.split("/");
  const { isIP } = net();
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  if (version === 0 || isIP(first) !== version || !/^\d+$/.test(length) || Number(length) > most) {
    return false;
  }
  return blockList([range]).check(address, version === 4 ? "ipv4" : "ipv6");
}
