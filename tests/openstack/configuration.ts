/** The configurations of these tests: 2016's in full, and the short ones of single scenarios. */
import type { CloudKeys } from "./devcloud.ts";

/** A provider's keys for the file of 2016, and the port at which its servers answer. */
export interface ProviderKeys extends CloudKeys {
  readonly sshPort: number;
}

/** `nodepool_2016.yaml`, filled in. */
export async function configurationOf2016(
  { east, west, privateKey }: { east: ProviderKeys; west: ProviderKeys; privateKey: string },
): Promise<string> {
  const text = await Deno.readTextFile(new URL("nodepool_2016.yaml", import.meta.url));
  const filled = (name: string, keys: ProviderKeys): [string, string | number][] => [
    [`${name}_USERNAME`, keys.username],
    [`${name}_PASSWORD`, keys.password],
    [`${name}_PROJECT_NAME`, keys.projectName],
    [`${name}_AUTH_URL`, keys.authUrl],
    [`${name}_KEYPAIR`, keys.keypair],
    [`${name}_SSH_PORT`, keys.sshPort],
  ];
  const words = new Map([...filled("EAST", east), ...filled("WEST", west), ["PRIVATE_KEY", privateKey]]);
  const capitals = new RegExp([...words.keys()].join("|"), "g");
  return text.replaceAll(capitals, (word) => String(words.get(word)));
}

interface LabelWish {
  readonly name: string;
  readonly minReady: number;
  /** The flavor of its nodes. */
  readonly flavor?: string;
}

/** One provider, `cloud`, and one image for each label; `provider` and `image` are further lines of theirs. */
export function smallConfiguration(
  { keys, privateKey, labels, maxServers, floatingIps = false, provider = "", image = "" }: {
    keys: CloudKeys;
    privateKey: string;
    labels: readonly LabelWish[];
    maxServers: number;
    floatingIps?: boolean;
    provider?: string;
    image?: string;
  },
): string {
  const label = ({ name, minReady }: LabelWish) => `
  - { name: ${name}, image: ${name}, min-ready: ${minReady}, providers: [{ name: cloud }] }`;
  const imageOf = ({ name, flavor = "m1.tiny" }: LabelWish) => `
      - name: ${name}
        base-image: debian-12
        flavor-name: ${flavor}
        username: debian
        private-key: ${privateKey}
        ${image}`;
  return `labels:${labels.map(label).join("")}
providers:
  - name: cloud
    auth-url: ${keys.authUrl}
    username: ${keys.username}
    password: ${keys.password}
    project-name: ${keys.projectName}
    keypair: ${keys.keypair}
    networks: [{ name: nodes }]
    auto-floating-ip: ${floatingIps}
    boot-timeout: 300
    max-servers: ${maxServers}
    ${provider}
    images:${labels.map(imageOf).join("")}
`;
}
