import { deepEqual, throws } from "node:assert/strict";
import { parseEndpoint } from "../../../src/demand/zmq/subscriber.ts";

Deno.test("parseEndpoint() reads names, IPv4 and IPv6 addresses", () => {
  deepEqual(parseEndpoint("tcp://jenkins.example.org:8888"), { host: "jenkins.example.org", port: 8888 });
  deepEqual(parseEndpoint("tcp://127.0.0.1:1"), { host: "127.0.0.1", port: 1 });
  deepEqual(parseEndpoint("tcp://[::1]:65535"), { host: "::1", port: 65_535 });
});

for (
  const endpoint of [
    "",
    "jenkins:8888",
    "tcp://jenkins",
    "tcp://:1",
    "tcp://a:0",
    "tcp://a:65536",
    "ipc:///a:1",
  ]
) {
  Deno.test(`parseEndpoint() refuses ${JSON.stringify(endpoint)}`, () => {
    throws(() => parseEndpoint(endpoint), /cannot subscribe at .*: give tcp:\/\/HOST:PORT/);
  });
}
