/** Our choice of addresses, and of who gets a floating IP, beside openstacksdk's own functions, over many servers. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { gatherNetworks } from "../../../src/config/clouds/cloud_networks.ts";
import { cloudRoutingFrom } from "../../../src/config/clouds/cloud_routing_from.ts";
import type { Settings } from "../../../src/config/clouds/settings.ts";
import type { Network, ServerAddress } from "../../../src/domain/server.ts";
import { type Random, seededRandom } from "../../../src/lib/random.ts";
import { chooseAddresses, publicAddressV4 } from "../../../src/plan/choose_address.ts";
import { needsFloatingIp } from "../../../src/plan/floating_ip_plan.ts";
import { pythonWith, testNeeding } from "../../needs.ts";
import { provider, server } from "../../plan/plan_fixtures.ts";

interface Case {
  readonly settings: Settings;
  readonly networks: readonly (Network & { readonly isPhysical: boolean })[];
  readonly addresses: readonly ServerAddress[];
  readonly accessV4?: string;
  readonly accessV6?: string;
}

interface Answer {
  readonly publicV4: string;
  readonly publicV6: string;
  readonly privateV4: string;
  readonly login: string;
  readonly needs: boolean;
}

const CASES = 3000;

testNeeding(
  ["openstacksdk"],
  `addresses and the need of a floating IP are openstacksdk's for ${CASES} servers`,
  async () => {
    const random = seededRandom(20161128);
    const cases = Array.from({ length: CASES }, () => randomCase(random));
    const answers = await askOpenstacksdk(cases);
    for (const [index, one] of cases.entries()) {
      assert.deepEqual(ours(one), answers[index], JSON.stringify(one, null, 2));
    }
    const count = (fits: (answer: Answer) => boolean) => answers.filter(fits).length;
    assert.ok(count(({ needs }) => needs) > CASES / 20, "the servers that need a floating IP are too few");
    assert.ok(count(({ privateV4 }) => privateV4 !== "") > CASES / 4);
  },
);

function ours({ settings, networks, ...addressing }: Case): Answer {
  const cloud = structuredClone(settings);
  gatherNetworks(cloud);
  const routing = cloudRoutingFrom({ floating_ip_source: "neutron", ...cloud });
  const at = provider({ autoFloatingIp: true });
  const situation = { provider: { ...at, access: { ...at.access, routing } }, networks };
  const one = server("s7", addressing);
  const chosen = chooseAddresses(one, situation);
  const publicV4 = publicAddressV4(one, situation) ?? "";
  const privateV4 = chosen?.privateV4 ?? "";
  return {
    publicV4,
    publicV6: chosen?.publicV6 ?? "",
    privateV4,
    // Where openstacksdk knows no address at all, ours is one that may do: that is not compared.
    login: publicV4 === "" && !(routing.isPrivate && privateV4 !== "") && !hasLoginNetwork(one, settings)
      ? ""
      : chosen?.login ?? "",
    needs: needsFloatingIp(one, situation),
  };
}

function hasLoginNetwork(
  { addresses }: { addresses: readonly ServerAddress[] },
  { networks }: Settings,
): boolean {
  const login = (networks as Settings[] | undefined)?.find((each) => each.default_interface);
  return addresses.some(({ network, version }) => network === login?.name && version === 4);
}

const NAMES = ["private", "lan", "net", "ext", "dmz", "public"];
const ADDRESSES = ["10.0.0.", "10.8.0.", "192.168.7.", "172.20.0.", "203.0.113.", "100.64.0.", "193.17.3."];

function randomCase(random: Random): Case {
  const flip = (chance: number) => random.float() < chance;
  const among = <Item>(items: readonly Item[]) => random.pick(items);
  const names = NAMES.filter(() => flip(0.6));
  const networks = names.map((name) => ({
    id: `id-${name}`,
    name,
    external: flip(0.25),
    isPhysical: flip(0.1),
  }));
  const attached = names.filter(() => flip(0.5));
  const addresses = attached.flatMap((network, index) => {
    const mac = `fa:16:3e:00:00:0${index}`;
    const address = `${among(ADDRESSES)}${index + 4}`;
    const fixed: ServerAddress = { network, version: 4, address, kind: "fixed", mac };
    const floating: ServerAddress = { ...fixed, address: `198.51.100.${index + 4}`, kind: "floating" };
    return flip(0.9) ? [fixed, ...flip(0.15) ? [floating] : []] : [];
  });
  // One at most: where there are several, ours prefers the one that can be reached.
  const v6Network = flip(0.3) ? attached[0] : undefined;
  const v6: ServerAddress[] = v6Network === undefined ? [] : [
    { network: v6Network, version: 6, address: "2001:db8::7", kind: "fixed", mac: "fa:16:3e:00:00:00" },
  ];
  return {
    settings: randomSettings(names, { flip, among }),
    networks,
    addresses: [...addresses, ...v6],
    ...flip(0.1) && { accessV4: "203.0.113.99" },
    ...flip(0.1) && { accessV6: "2001:db8::99" },
  };
}

function randomSettings(
  names: readonly string[],
  { flip, among }: { flip: (chance: number) => boolean; among: <Item>(items: readonly Item[]) => Item },
): Settings {
  const listed = names.filter(() => flip(0.25));
  const login = flip(0.15) ? among(["", ...listed]) : "";
  return {
    ...flip(0.4) && {
      networks: listed.map((name) => ({
        name,
        ...flip(0.5) && { routes_externally: flip(0.5) },
        ...flip(0.1) && { routes_ipv4_externally: flip(0.5) },
        ...name === login && { default_interface: true },
      })),
    },
    ...flip(0.1) && { private: true },
    ...flip(0.1) && { floating_ip_source: "None" },
    ...flip(0.05) && { use_external_network: false },
    ...flip(0.05) && { use_internal_network: false },
  };
}

async function askOpenstacksdk(cases: readonly Case[]): Promise<readonly Answer[]> {
  const script = fileURLToPath(new URL("address_oracle.py", import.meta.url));
  const child = new Deno.Command(pythonWith("openstack")!, {
    args: [script],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(cases)));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout);
  assert.notEqual(text, "", new TextDecoder().decode(stderr));
  return JSON.parse(text);
}
