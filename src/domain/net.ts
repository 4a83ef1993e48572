/** The runtime's judgement of IP addresses, loaded when it is first asked: with it come streams, sockets and DNS. */
import type { BlockList } from "node:net";
import process from "node:process";

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
