/** Nodes that are reached by floating IPs, on a real OpenStack. */
import assert from "node:assert/strict";
import type { ProviderListView } from "../../src/views/provider_list.ts";
import { smallConfiguration } from "./configuration.ts";
import { type Devcloud, scenario } from "./devcloud.ts";
import { serveFloatingIps } from "./floating_ip_forwarder.ts";
import { usesNode } from "./life_of_2016.ts";

interface ListedFloatingIp {
  readonly "Floating IP Address": string;
  readonly "Fixed IP Address": string | null;
}

const floatingIps = (devcloud: Devcloud): Promise<readonly ListedFloatingIp[]> =>
  devcloud.openstack("floating", "ip", "list");

scenario(
  "nodes of a provider with a pool are reached by floating IPs, which go with them",
  async (devcloud, pool) => {
    await using forwarder = serveFloatingIps(async (floating) => {
      const found = (await floatingIps(devcloud)).find((ip) => ip["Floating IP Address"] === floating);
      return found?.["Fixed IP Address"] ?? null;
    });
    await pool.configure(smallConfiguration({
      keys: devcloud.keys,
      privateKey: pool.keyFile,
      labels: [{ name: "floating", minReady: 2 }],
      maxServers: 3,
      floatingIps: true,
      provider: "pool: public",
      image: `connection-port: ${forwarder.port}`,
    }));
    await pool.startDaemon();
    const nodes = await pool.untilReady(2);
    assert.ok(nodes.every(({ ip }) => ip?.startsWith("127.17.")), "their addresses are floating ones");
    const made = await floatingIps(devcloud);
    assert.deepEqual(made.map((ip) => ip["Floating IP Address"]).sort(), nodes.map(({ ip }) => ip).sort());

    const { id, printed } = await usesNode(pool, { label: "floating", command: "id -un" });
    assert.equal(printed, "debian");
    await pool.untilReady(2);
    const gone = nodes.find((node) => node.id === id)!.ip;
    const left = await floatingIps(devcloud);
    assert.ok(
      left.every((ip) => ip["Floating IP Address"] !== gone),
      "the used node's floating IP is deleted",
    );
    assert.equal(left.length, 2);
    const { providers: [provider] } = await pool.fetch<ProviderListView>("/provider-list");
    assert.equal(provider?.api?.errors, 0, provider?.api?.last_error?.message);

    await pool.drain();
    assert.deepEqual(await devcloud.leftovers(), []);
  },
);
