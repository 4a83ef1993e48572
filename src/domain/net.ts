/** The runtime's judgement of IP addresses, loaded when it is first asked: with it come streams, sockets and DNS. */
import process from "node:process";

export function net(): typeof import("node:net") {
  return process.getBuiltinModule("node:net");
}
