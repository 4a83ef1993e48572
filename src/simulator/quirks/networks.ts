/** Which networks a cloud has, and what can be done with them. */
import type { QuirkTable } from "../quirk_table.ts";
import { type CloudSettings, completeSettings, type SimulatorInput } from "../settings.ts";

type CloudInput = NonNullable<SimulatorInput["clouds"]>[number];

/** Networks with the defaults of all that is not said. */
function networks(...wanted: NonNullable<CloudInput["networks"]>) {
  return completeSettings({ clouds: [{ networks: wanted }] }).clouds[0]!.networks;
}

/** The ids that Rackspace gave the networks which every project has. */
const PUBLIC = "00000000-0000-0000-0000-000000000000";
const SERVICE = "11111111-1111-1111-1111-111111111111";

function publicOnly(settings: CloudSettings): CloudSettings {
  const wanted = { name: "Ext-Net", external: true, attachable: true, routed: false };
  return { ...settings, networks: networks(wanted) };
}

export const networkQuirks: QuirkTable = {
  "networks-by-id": {
    about:
      "There are the networks `public` and `private`, which Neutron does not list: only their ids lead to them.",
    settings: (settings) => ({
      ...settings,
      networks: networks({ name: "public", id: PUBLIC }, { name: "private", id: SERVICE }),
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
      networks: networks(
        { name: "storage", routed: false, shared: false },
        { name: "tenant", shared: false },
        { name: "public", external: true },
      ),
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
