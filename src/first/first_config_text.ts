/** A first configuration as text: short, commented, and quoted so that every name is read as it was meant. Pure. */
import type { CloudImage, Flavor } from "../domain/server.ts";
import type { NetworkChoice } from "./offered_networks.ts";

/** The schema's file beside the configuration. */
export const SCHEMA_FILE = "nodepool.schema.json";

export interface FirstChoices {
  readonly cloud: string;
  readonly image: CloudImage;
  readonly username: string;
  readonly flavor: Flavor;
  /** null: the cloud chooses. */
  readonly network: (NetworkChoice & { readonly isNamedAlone: boolean }) | null;
  readonly keypair: string;
  readonly privateKey: string;
  /** null: the usual one. */
  readonly connectionPort: number | null;
  readonly maxServers: number;
  /** null: the default. */
  readonly state: string | null;
}

export function firstConfigText(choices: FirstChoices): string {
  const label = labelOf(choices);
  // It stands in host names and tables.
  const provider = /^[\w][\w.-]{0,62}$/.test(choices.cloud) ? choices.cloud : "cloud";
  const { cloud, image, username, flavor, keypair, privateKey, connectionPort, maxServers, state } = choices;
  const lines = [
    `# yaml-language-server: $schema=${SCHEMA_FILE}`,
    "#",
    "# A first configuration, made by `nodepool init`. `nodepool config-example` shows every other setting;",
    "# `nodepool config-validate --online` checks the file and what it needs of the cloud.",
    "",
    ...(state === null ? [] : [`state: ${scalarText(state)} # where the pool keeps its records`, ""]),
    "labels:",
    `  - name: ${scalarText(label)} # what users ask for`,
    `    image: ${scalarText(label)} # the provider's image of that name`,
    `    min-ready: ${Math.min(2, maxServers)} # nodes kept ready`,
    "    providers:",
    `      - name: ${scalarText(provider)}`,
    "",
    "providers:",
    `  - name: ${scalarText(provider)}`,
    `    cloud: ${scalarText(cloud)} # the entry in clouds.yaml, which says how to log in`,
    `    max-servers: ${maxServers} # servers at most`,
    `    keypair: ${scalarText(keypair)} # the Nova keypair to boot with; the key below belongs to it`,
    ...networkLines(choices),
    "    images:",
    `      - name: ${scalarText(label)}`,
    `        base-image: ${scalarText(image.name || image.id)} # on the cloud; the newest of that name`,
    `        flavor-name: ${scalarText(flavor.name || flavor.id)}`,
    ...volumeLines(flavor, image),
    `        username: ${scalarText(username)} # who logs in,`,
    `        private-key: ${scalarText(privateKey)} # with which key`,
    ...(connectionPort === null
      ? []
      : [`        connection-port: ${connectionPort} # where servers answer SSH`]),
    "",
  ];
  return lines.join("\n");
}

/** The label's name: that of the image, as a part of a host name. */
export function labelOf({ image }: Pick<FirstChoices, "image">): string {
  const plain = image.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").slice(0, 40);
  return plain.replaceAll(/^-+|-+$/g, "") || "node";
}

function networkLines({ network: choice }: FirstChoices): string[] {
  if (choice === null) return [];
  const { network, reach, isNamedAlone } = choice;
  const name = isNamedAlone ? `name: ${scalarText(network.name)}` : `net-id: ${scalarText(network.id)}`;
  return [
    "    networks:",
    `      - ${name}`,
    ...(reach === "public" ? ["        public: true # its addresses are reached from here"] : []),
    ...(reach === "private"
      ? ["    auto-floating-ip: false # the private addresses are reached from here"]
      : []),
  ];
}

/** Flavors without a disk are for volumes. */
function volumeLines({ diskGib }: Flavor, { minDiskGib, size }: CloudImage): string[] {
  if (diskGib > 0) return [];
  const needed = Math.max(10, minDiskGib, Math.ceil((size ?? 0) / 2 ** 30));
  return ["        boot-from-volume: true # deleted with the server", `        volume-size: ${needed} # GiB`];
}

/** Plain where every reader of YAML takes it for text, else in quotes. */
export function scalarText(text: string): string {
  const isPlain = /^[A-Za-z/][\w./-]*$/.test(text) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(text);
  return isPlain ? text : JSON.stringify(text).replaceAll(UNSEEN, escaped);
}

/** Whatever else than a printable character some reader takes for a line's end, or does not read at all. */
const UNSEEN = /[\u007f-\u00a0\u00ad\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
