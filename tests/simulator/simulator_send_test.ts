import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { virtualSimulator } from "./simulated_client.ts";

Deno.test("an aborted request ends at once, and goes on in the cloud", async () => {
  using world = await virtualSimulator({ bootTime: 0 });
  world.simulator.arm({ fault: 5, operation: "keypair.create", time: 2 * SECOND });
  const controller = new AbortController();
  const keypair = { name: "key", public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA" };
  const call = world.client.call("POST", "/compute/v2.1/os-keypairs", { keypair }, {
    signal: controller.signal,
  });
  controller.abort(new Error("no longer wanted"));
  await assert.rejects(call, { name: "CloudError", kind: "unavailable", effect: "unknown" });
  await world.clock.advance(2 * SECOND);
  assert.equal(world.simulator.cloud().keypairs.size, 1);
});

Deno.test("answers carry the cloud's own time and a request id", async () => {
  using world = await virtualSimulator();
  await world.clock.advance(12_345 * SECOND);
  const { headers } = await world.client.get("/compute/v2.1/servers");
  assert.equal(headers["date"], new Date(world.clock.now()).toUTCString());
  assert.match(headers["x-openstack-request-id"]!, /^req-[0-9a-f-]{36}$/);
});

Deno.test("answer() answers as a server would, and tells where a fault breaks the connection", async () => {
  using world = await virtualSimulator();
  const ask = () =>
    world.simulator.answer({
      method: "GET",
      url: "http://simulator.test/identity/v3",
      headers: {},
      body: null,
    });
  const answer = await ask();
  assert.ok(typeof answer === "object");
  assert.equal(JSON.parse(answer.body as string).version.id, "v3.14");
  world.simulator.arm({ fault: 23 });
  assert.equal(await ask(), "refused");
});
