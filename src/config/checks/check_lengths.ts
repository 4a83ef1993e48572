/**
 * Names and marks that no cloud could store: Nova and Glance take names and metadata of up to 255 characters. A name
 * made of several others is checked as a whole, with the largest numbers that it can contain.
 */
import type { Config, LabelConfig, ProviderConfig, ProviderImageConfig } from "../../domain/config.ts";
import { nameFields } from "../../domain/name_fields.ts";
import { LARGEST_ID } from "../../domain/record_id.ts";
import { serverMetadata } from "../../domain/server_marks.ts";
import { fillTemplate } from "../../domain/template.ts";
import { META_LIMITS } from "../schema/provider_image_section.ts";
import type { Findings } from "./check_source.ts";

const MOST = META_LIMITS.length;

export function checkLengths(config: Config, findings: Findings): void {
  config.providers.forEach((provider, index) => {
    const own = findings.at("providers", index);
    const images = provider.images.map((image) => ({ image, length: markLength(provider, image) }));
    const longest = images.toSorted((a, b) => b.length - a.length)[0];
    if (longest !== undefined && longest.length > MOST) {
      const { image: { name }, length } = longest;
      own.error(
        ["name"],
        `with the image name ${name} it makes a metadata entry of ${length} characters; ` +
          `the limit is ${MOST}: shorten the names`,
      );
    }
    const names = provider.images.map((image) => fill(provider.templateHostname, { provider, image }));
    tellLongest("an image", names, own.at("template-hostname"));
  });
  const places = placesOf(config);
  const withSubnodes = places.filter(({ label }) => label.subnodes > 0);
  config.targets.forEach(({ hostname, subnodeHostname }, index) => {
    const own = findings.at("targets", index);
    tellLongest("a server", places.map((place) => fill(hostname, place)), own.at("hostname"));
    const subnodes = withSubnodes.map((place) => fill(subnodeHostname, place));
    tellLongest("a server", subnodes, own.at("subnode-hostname"));
  });
}

interface Place {
  readonly label?: LabelConfig;
  readonly provider: ProviderConfig;
  readonly image: ProviderImageConfig;
}

/** Every label where it may be launched. */
function placesOf({ labels, providers }: Config): (Place & { readonly label: LabelConfig })[] {
  return labels.flatMap((label) =>
    providers.filter(({ name }) => label.providers.includes(name)).flatMap((provider) =>
      provider.images.filter(({ name }) => name === label.image).map((image) => ({ label, provider, image }))
    )
  );
}

function markLength(provider: ProviderConfig, image: ProviderImageConfig): number {
  const marks = { installation: "", nodeId: LARGEST_ID, image: image.name, provider: provider.name };
  const { groups = "", nodepool = "" } = serverMetadata({ ...marks, providerImageId: LARGEST_ID });
  return Math.max(lengthOf(groups), lengthOf(nodepool));
}

/** With numbers as long as they get: ids for a long while, seconds for centuries. */
function fill(template: string, place: Place): string {
  const timestamp = 9_999_999_999;
  return fillTemplate(template, {
    ...nameFields({ ...place, timestamp }),
    node_id: 9_999_999,
    subnode_id: 9_999_999,
  });
}

function tellLongest(what: string, names: readonly string[], findings: Findings): void {
  const longest = Math.max(0, ...names.map(lengthOf));
  if (longest <= MOST) return;
  findings.error([], `gives ${what} a name of ${longest} characters; the limit is ${MOST}`);
}

/** As clouds count: characters, not their halves. */
export function lengthOf(text: string): number {
  return [...text].length;
}
