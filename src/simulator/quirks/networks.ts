/** Which networks a cloud has, and what can be done with them. */
import type { QuirkTable } from "../quirk.ts";
import type { CloudSettings } from "../settings.ts";

type Network = CloudSettings["networks"][number];

function network(name: string, fields: Partial<Network> = {}): Network {
  const plain = {
    id: null,
    external: false,
    attachable: null,
    routed: true,
    ipv6: false,
    shared: true,
    subnet: null,
  };
  return { name, ...plain, ...fields };
}

/** The ids that Rackspace gave the networks which every project has. */
const PUBLIC = "00000000-0000-0000-0000-000000000000";
const SERVICE = "11111111-1111-1111-1111-111111111111";

function publicOnly(settings: CloudSettings): CloudSettings {
  return {
    ...settings,
    networks: [network("Ext-Net", { external: true, attachable: true, routed: false })],
  };
}

export const networkQuirks: QuirkTable = {
  "networks-by-id": {
    about:
      "There are the networks `public` and `private`, which Neutron does not list: only their ids lead to them.",
    settings: (settings) => ({
      ...settings,
      networks: [network("public", { id: PUBLIC }), network("private", { id: SERVICE })],
    }),
    body: (body, { service, operation }) =>
      service === "network" && operation === "network.list" ? { ...body, networks: [] } : body,
  },
  "public-network-only": {
    about:
      "The only network is external, `Ext-Net`; servers get a public address on it, and no floating IP leads to them (404).",
    settings: publicOnly,
  },
  "no-neutron": {
    about: "There is no network service in the catalog; every server gets a public address.",
    settings: publicOnly,
    body(body) {
      const catalog = body.token?.catalog?.filter(({ type }: { type: string }) => type !== "network");
      return catalog === undefined ? body : { ...body, token: { ...body.token, catalog } };
    },
  },
  "second-port-routed": {
    about:
      "Of the networks `storage` and `tenant` a router leads only from the second to the external one, `public`.",
    settings: (settings) => ({
      ...settings,
      networks: [
        network("storage", { routed: false, shared: false }),
        network("tenant", { shared: false }),
        network("public", { external: true }),
      ],
    }),
  },
  "dual-stack": {
    about: "Servers have an IPv6 address, listed first, and an IPv4 one on each network.",
    settings: (settings) => ({
      ...settings,
      networks: settings.networks.map((one) => ({ ...one, ipv6: true })),
    }),
  },
};
