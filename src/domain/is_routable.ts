/** IP addresses by ranges: those reserved for private use, documentation and tests reach nobody. */
import type { BlockList } from "node:net";
import process from "node:process";

const UNROUTED = [
  ...["0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/29"],
  ...["192.0.0.170/31", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"],
  ...["203.0.113.0/24", "240.0.0.0/4"],
  ...["::1/128", "::/128", "100::/64", "2001::/23", "2001:db8::/32", "fc00::/7", "fe80::/10"],
];

/** Whether an address can be reached from everywhere; what is no address cannot. */
export function isRoutable(address: string): boolean {
  if (known.size >= MOST_KNOWN) known.clear();
  return known.getOrInsertComputed(address, judge);
}

/** Planning asks of the same few addresses again and again. */
const known = new Map<string, boolean>();
const MOST_KNOWN = 20_000;

let unrouted: BlockList | null = null;

function judge(address: string): boolean {
  unrouted ??= blockList(UNROUTED);
  const version = net().isIP(address);
  return version !== 0 && !unrouted.check(address, version === 6 ? "ipv6" : "ipv4");
}

/** The runtime's judgement of IP addresses, loaded when it is first asked: with it come streams, sockets and DNS. */
export function net(): typeof import("node:net") {
  return process.getBuiltinModule("node:net");
}

/** The addresses of ranges such as `10.0.0.0/8`. */
export function blockList(ranges: readonly string[]): BlockList {
  const { BlockList, isIPv6 } = net();
  const list = new BlockList();
  for (const range of ranges) {
    const [first = "", length] = range.split("/");
    list.addSubnet(first, Number(length), isIPv6(first) ? "ipv6" : "ipv4");
  }
  return list;
}
