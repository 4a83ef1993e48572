/**
 * What every cloud behind the `Cloud` port must do: run against the simulator and against a real OpenStack.
 * Other users of the same project do not disturb it: everything it makes is found by its own random name.
 */
import assert from "node:assert/strict";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import type { Server } from "../../src/domain/server.ts";
import {
  type CloudUnderTest,
  type ContractTest,
  Fixture,
  refusalOf,
  signal,
  UNKNOWN_ID,
} from "./cloud_fixture.ts";
import { imagesContract } from "./cloud_images_contract.ts";

export type { CloudUnderTest };

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfjwWHXdxVTV2dzRsgRiXvdVlaJ7ZhKQyILMJ1chMWF contract";

export function cloudContract(name: string, setup: () => Promise<CloudUnderTest>): void {
  const test: ContractTest = (title, run) =>
    Deno.test(`${name}: ${title}`, async () => {
      await using subject = await setup();
      await using fixture = new Fixture(subject);
      await run(fixture);
    });

  test("an image is found by its name and by its id, and no image by a name nobody gave", async ({ subject }) => {
    const { cloud, imageName } = subject;
    const [byName] = await cloud.findImages(imageName, { signal });
    assert.equal(byName?.name, imageName);
    assert.equal(byName.status, "active");
    assert.deepEqual(await cloud.findImages(byName.id, { signal }), [byName]);
    assert.deepEqual(await cloud.findImages("no such image", { signal }), []);
    assert.deepEqual(await cloud.findImages(UNKNOWN_ID, { signal }), []);
  });

  test("a login says who we are and for which project", async ({ subject: { cloud } }) => {
    const { user, project, roles } = await cloud.logIn({ signal });
    assert.ok(user !== null && project !== null && roles.length > 0, "user, project and roles");
  });

  test("the images that the project may use are listed", async ({ subject: { cloud, imageName } }) => {
    const names = (await cloud.listImages({ signal })).map(({ name }) => name);
    assert.ok(names.includes(imageName), names.join());
  });

  test("flavors, networks, zones and security groups are listed", async ({ subject }) => {
    const { cloud } = subject;
    const flavor = (await cloud.listFlavors({ signal })).find(({ name }) => name === subject.flavorName);
    assert.ok(flavor !== undefined && flavor.ramMib > 0 && flavor.vcpus > 0, "the flavor and its size");
    const networks = await cloud.listNetworks({ signal });
    assert.equal(networks.find(({ name }) => name === subject.networkName)?.external, false);
    assert.equal(networks.find(({ name }) => name === subject.externalNetworkName)?.external, true);
    assert.ok((await cloud.listZones({ signal })).length > 0, "a zone");
    const groups = await cloud.listSecurityGroups({ signal });
    assert.ok(groups.some(({ name }) => name === "default"), "the default security group");
  });

  test("a server comes to life with its metadata, zone and address, and a console", async (fixture) => {
    const { cloud } = fixture.subject;
    const [zone] = await cloud.listZones({ signal });
    const metadata = {
      groups: '["image","provider"]',
      nodepool: '{"node_id": 7}',
      "with space": "ünïcode: 1",
    };
    const { id } = await fixture.create({ metadata, zone: zone!, userdata: "#!/bin/sh\necho ünïcode\n" });
    assert.deepEqual(
      (await fixture.listed(id))?.metadata,
      metadata,
      "in the listing right after the creation",
    );

    const server = await fixture.active(id);
    assert.equal(server.name, fixture.name);
    assert.equal(server.zone, zone);
    assert.equal(server.fault, null);
    assert.deepEqual(server.metadata, metadata);
    assert.ok(
      server.createdAt !== null && server.addresses.some(({ kind }) => kind === "fixed"),
      "an address",
    );
    const shown = await cloud.getServer(id, { signal });
    assert.deepEqual(shown === "gone" ? null : shown.addresses, server.addresses);
    assert.equal(typeof await cloud.getConsole(id, { signal, lines: 10 }), "string");
    assert.ok((await fixture.portOf(id)).addresses.length > 0, "its port");
  });

  test("without networks the cloud chooses one", async (fixture) => {
    const { id } = await fixture.create({ networkIds: [] });
    assert.equal((await fixture.active(id)).addresses[0]?.network, fixture.subject.networkName);
  });

  test("a delta shows a new server, then that it was deleted", async (fixture) => {
    const { cloud } = fixture.subject;
    const complete = await cloud.listServers({ signal });
    assert.equal(complete.kind, "complete");
    const { id } = await fixture.create();

    const delta = await cloud.listServers({ signal, changesSince: complete.cloudTime });
    assert.equal(delta.kind, "delta");
    assert.ok(delta.servers.some((server) => server.id === id), "the new server");

    await fixture.active(id);
    const before = await cloud.listServers({ signal });
    assert.equal(await cloud.deleteServer(id, { signal }), "accepted");
    await fixture.subject.waitFor("the delta to show the deleted server", async () => {
      const { servers } = await cloud.listServers({ signal, changesSince: before.cloudTime });
      return servers.find((server) => server.id === id)?.status === "DELETED";
    });
    assert.equal(await fixture.listed(id), undefined, "a complete listing shows no deleted server");
  });

  test("deleting a server that is gone says so", async (fixture) => {
    const { cloud, waitFor } = fixture.subject;
    const { id } = await fixture.create();
    assert.equal(await cloud.deleteServer(id, { signal }), "accepted");
    await waitFor("the server to be gone", async () => await fixture.listed(id) === undefined);
    assert.equal(await cloud.deleteServer(id, { signal }), "gone");
    assert.equal(await cloud.deleteServer(UNKNOWN_ID, { signal }), "gone");
    assert.equal(await cloud.getServer(id, { signal }), "gone");
    assert.equal(await cloud.getServer(UNKNOWN_ID, { signal }), "gone");
  });

  test("a server with an unknown image, flavor or network is refused without effect", async (fixture) => {
    for (const wrong of [{ imageId: UNKNOWN_ID }, { flavorId: UNKNOWN_ID }, { networkIds: [UNKNOWN_ID] }]) {
      const error = await refusalOf(fixture.create(wrong));
      assert.equal(error.kind, "badRequest", error.message);
      assert.equal(error.effect, "none");
      assert.ok(error.message.startsWith(`create server ${fixture.name} on `), error.message);
    }
    assert.deepEqual(await fixture.own(), []);
  });

  test("unknown ids give notFound, with the cloud's request id", async ({ subject: { cloud } }) => {
    const server = await refusalOf(cloud.getConsole(UNKNOWN_ID, { signal, lines: 5 }));
    assert.equal(server.kind, "notFound");
    assert.equal(server.status, 404);
    assert.match(server.requestId ?? "", /^req-/);
    assert.ok(server.message.includes(server.requestId!), server.message);
  });

  test("a full quota of instances is shown, refuses with quota, and has room again", async (fixture) => {
    const { cloud, setQuota } = fixture.subject;
    const { id } = await fixture.create();
    await fixture.active(id);
    const { instances } = await cloud.getQuota({ signal });
    assert.ok(instances!.used >= 1, "the server counts");
    await setQuota({ instances: instances!.used, floatingIps: null });
    const full = await cloud.getQuota({ signal });
    assert.deepEqual(full.instances, { limit: instances!.used, used: instances!.used });
    assert.ok(!("floatingIps" in full), "Neutron is asked by itself");

    const error = await refusalOf(fixture.create());
    assert.equal(error.kind, "quota", error.message);
    assert.equal(error.effect, "none");
    await setQuota({ instances: null, floatingIps: null });
    assert.equal((await cloud.getQuota({ signal })).instances?.limit, Infinity);
    assert.equal((await fixture.listed(id))?.status, "ACTIVE");
  });

  test("a floating IP is made and attached in one request, within its quota", async (fixture) => {
    const { cloud, setQuota } = fixture.subject;
    const { id } = await fixture.create();
    await fixture.active(id);
    const port = await fixture.portOf(id);
    const made = await fixture.createFloatingIp(port.id);
    assert.equal(made.portId, port.id);
    assert.equal(made.description, fixture.subject.keepsDescriptions === false ? null : fixture.name);
    assert.equal((await cloud.getFloatingIp(made.id, { signal }))?.portId, port.id);

    const { floatingIps } = await cloud.getNetworkQuota({ signal });
    await setQuota({ instances: null, floatingIps: 1 });
    const full = await cloud.getNetworkQuota({ signal });
    assert.deepEqual(full.floatingIps, { limit: 1, used: 1 });
    assert.equal(floatingIps?.limit, Infinity);
    const error = await refusalOf(fixture.createFloatingIp(port.id));
    assert.ok(error.kind === "quota" || error.kind === "conflict", error.message);
    await setQuota({ instances: null, floatingIps: null });

    assert.equal(await cloud.deleteFloatingIp(made.id, { signal }), "accepted");
    assert.equal(await cloud.deleteFloatingIp(made.id, { signal }), "gone");
    assert.equal(await cloud.getFloatingIp(made.id, { signal }), null);
    const left = await cloud.listFloatingIps({ signal });
    assert.ok(left.every((floatingIp) => floatingIp.id !== made.id), "it is gone");
  });

  test("over the quota of floating IPs is quota", async (fixture) => {
    const { cloud, setQuota } = fixture.subject;
    const { id } = await fixture.create();
    await fixture.active(id);
    const port = await fixture.portOf(id);
    await setQuota({ instances: null, floatingIps: 0 });
    const error = await refusalOf(fixture.createFloatingIp(port.id));
    assert.equal(error.kind, "quota", error.message);
    assert.equal(error.effect, "none");
    await setQuota({ instances: null, floatingIps: null });
    assert.equal((await cloud.getNetworkQuota({ signal })).floatingIps?.limit, Infinity);
  });

  test("a keypair is made once, listed, deleted, and may be gone already", async ({ subject: { cloud }, name }) => {
    await cloud.createKeypair({ name, publicKey: PUBLIC_KEY }, { signal });
    const again = await refusalOf(cloud.createKeypair({ name, publicKey: PUBLIC_KEY }, { signal }));
    assert.equal(again.kind, "conflict");
    const made = (await cloud.listKeypairs({ signal })).find((keypair) => keypair.name === name);
    assert.equal(made?.publicKey?.trim(), PUBLIC_KEY);
    await cloud.deleteKeypair(name, { signal });
    await cloud.deleteKeypair(name, { signal });
    assert.ok(!(await cloud.listKeypairs({ signal })).some((keypair) => keypair.name === name));
    const noKey = await refusalOf(cloud.createKeypair({ name, publicKey: "no key" }, { signal }));
    assert.equal(noKey.kind, "badRequest");
  });

  test("a listing in small pages is the same as in one", async (fixture) => {
    const ids = [];
    for (let count = 0; count < 5; count++) ids.push((await fixture.create()).id);
    await using small = fixture.subject.withPageSize(2);
    const own = (servers: readonly Server[]) => servers.filter(({ name }) => name === fixture.name);
    const listing = await small.listServers({ signal });
    assert.equal(listing.kind, "complete");
    assert.deepEqual(own(listing.servers).map(({ id }) => id).toSorted(), ids.toSorted());
    const names = async (cloud: WholeCloud) =>
      (await cloud.listFlavors({ signal })).map(({ name }) => name).toSorted();
    assert.deepEqual(await names(small), await names(fixture.subject.cloud));
    const networks = async (cloud: WholeCloud) =>
      (await cloud.listNetworks({ signal })).map(({ id }) => id).toSorted();
    assert.deepEqual(await networks(small), await networks(fixture.subject.cloud));
    const routed = await small.listRoutedNetworks({ signal });
    const known = new Set((await small.listNetworks({ signal })).map(({ id }) => id));
    assert.ok(routed.every((id) => known.has(id)), "routers lead from networks that there are");
    const ports = await small.listPorts({ signal });
    assert.equal(new Set(ports.map(({ id }) => id)).size, ports.length, "no port twice");
  });

  imagesContract(test);

  test("an aborted call ends with the reason of its signal and costs no request", async ({ subject: { cloud } }) => {
    await cloud.listServers({ signal });
    const { requests } = cloud.stats;
    const reason = new Error("not wanted any more");
    await assert.rejects(cloud.listServers({ signal: AbortSignal.abort(reason) }), reason);
    assert.equal(cloud.stats.requests, requests);
  });
}
