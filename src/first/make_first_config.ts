/**
 * Makes a first configuration: asks a cloud what it offers, has each choice made, writes the files. If anything
 * fails, nothing is left behind, not even on the cloud. The command `init` calls it.
 */
import type { Cloud } from "../cloud/cloud.ts";
import { cloudNames } from "../config/clouds/cloud_names.ts";
import { ConfigError } from "../config/config_error.ts";
import type { Environment } from "../config/environment.ts";
import { parseConfig } from "../config/parse_config.ts";
import type { ProviderConfig } from "../domain/config.ts";
import type { Dialog, FirstConfigView, GivenAnswers } from "../domain/first_config.ts";
import type { Flavor } from "../domain/server.ts";
import { choice, FirstConfigError } from "./dialog.ts";
import { type FirstChoices, firstConfigText, labelOf, scalarText } from "./first_config_text.ts";
import type { FirstFiles } from "./first_files.ts";
import { offeredFlavors, roomFor } from "./offered_flavors.ts";
import { loginUser, offeredImages } from "./offered_images.ts";
import { type KeyChoice, offeredKeys } from "./offered_keys.ts";
import { isHere, offeredNetworks } from "./offered_networks.ts";
import { type CloudOffer, surveyCloud } from "./survey.ts";

interface FirstConfigDeps {
  readonly given: GivenAnswers;
  readonly dialog: Dialog;
  readonly files: FirstFiles;
  readonly environment: Environment;
  readonly openCloud: (provider: ProviderConfig) => Cloud;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** @throws FirstConfigError, ConfigError, CloudError, and what the files throw */
export async function makeFirstConfig(deps: FirstConfigDeps): Promise<FirstConfigView> {
  const { files, signal, say } = deps;
  await files.prepare();
  const name = await chooseCloud(deps);
  await using cloud = deps.openCloud(await providerOf(name, deps));
  say(`asking ${name} for its images, flavors, networks and keypairs`);
  const offer = await surveyCloud(cloud, { signal });
  const { choices, key } = await chooseAll({ name, offer }, deps);
  await files.write(firstConfigText(choices), {
    key,
    register: (publicKey) => cloud.createKeypair({ name: key.keypair, publicKey }, { signal }),
  });
  return {
    file: files.output,
    cloud: name,
    label: labelOf(choices),
    keypair: key.keypair,
    privateKey: key.path,
    isNewKey: key.register === "new",
    isNewKeypair: key.register !== null,
  };
}

async function chooseCloud({ given, dialog, environment }: FirstConfigDeps): Promise<string> {
  const { names, meant, searched } = await cloudNames({ environment });
  if (names.length === 0) {
    throw new FirstConfigError(
      `no cloud is known: looked for ${searched.join(", ")}; write a clouds.yaml as ` +
        "`nodepool manual first configuration` shows, or get one from your cloud's dashboard",
    );
  }
  const isProposed = meant !== null && names.includes(meant);
  if (given.cloud === null && meant === null && names.length === 1) return names[0]!;
  const ordered = isProposed ? [meant, ...names.filter((one) => one !== meant)] : names;
  const why = meant === null
    ? "clouds.yaml has several clouds"
    : `clouds.yaml has no cloud ${meant}, which OS_CLOUD names`;
  const unclear = isProposed ? null : `${why}: name one with --cloud (${names.join(", ")})`;
  const choices = ordered.map((one) => ({ label: one, names: [one], value: one }));
  return await choice(dialog, { what: "cloud", choices, unclear, given: given.cloud });
}

/** As the daemon will reach it: by the same reading of the same files. */
async function providerOf(cloud: string, { environment, signal }: FirstConfigDeps): Promise<ProviderConfig> {
  const text = `providers: [{name: cloud, cloud: ${scalarText(cloud)}, max-servers: 1}]\n`;
  try {
    const { config } = await parseConfig(text, { file: "", environment, signal });
    return config.providers[0]!;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new FirstConfigError(error.problems.map(({ message }) => message).join("; "), { cause: error });
  }
}

interface Surveyed {
  readonly name: string;
  readonly offer: CloudOffer;
}

async function chooseAll(
  { name, offer }: Surveyed,
  deps: FirstConfigDeps,
): Promise<{ choices: FirstChoices; key: KeyChoice }> {
  const { given, dialog, files, say } = deps;
  const image = await chooseImage({ name, offer }, deps);
  const username = given.username ?? await dialog.enter({
    what: `user who logs in to ${image.name || image.id}`,
    proposal: loginUser(image),
    unclear: `cannot tell which user logs in to the image ${
      image.name || image.id
    }: name one with --username`,
  });
  const flavor = await chooseFlavorFor(image, { name, offer }, deps);
  const network = await chooseNetworkOf(offer, deps);
  const maxServers = serversAtMost(flavor, { name, offer, withFloatingIps: network?.reach === "floating" });
  const keys = offeredKeys({
    keypairs: offer.keypairs ?? [],
    local: await files.keys(),
    newPath: files.newKeyPath,
  });
  const key = await choice(dialog, { what: "key", choices: keys, given: given.keypair });
  const { keypair, path: privateKey } = key;
  const { state } = files;
  const { connectionPort } = given;
  if (connectionPort === null && network !== null && isHere(network.network)) {
    say(
      "the network is on this machine: servers of `nodepool simulate` answer SSH at --connection-port 2222",
    );
  }
  const login = { username, keypair, privateKey, connectionPort };
  return { choices: { cloud: name, image, flavor, network, ...login, maxServers, state }, key };
}

async function chooseImage({ name, offer }: Surveyed, { given, dialog }: FirstConfigDeps) {
  const choices = offeredImages(offer.images);
  if (choices.length === 0) {
    throw new FirstConfigError(
      `${name} has no image to boot from: upload one, such as a distribution's cloud image, with ` +
        "`openstack image create`",
    );
  }
  const isKnown = given.username !== null || loginUser(choices[0]!.value) !== null;
  const unclear = isKnown
    ? null
    : `cannot tell which user logs in to any image of ${name}: name an image with --image and its user with --username`;
  return await choice(dialog, { what: "image", choices, unclear, given: given.image });
}

async function chooseFlavorFor(
  image: FirstChoices["image"],
  { name, offer }: Surveyed,
  { given, dialog }: FirstConfigDeps,
): Promise<Flavor> {
  const choices = offeredFlavors(offer.flavors, image);
  if (choices.length === 0) {
    throw new FirstConfigError(
      `no flavor of ${name} is large enough for the image ${image.name || image.id}, which needs ` +
        `${image.minRamMib} MiB and ${image.minDiskGib} GiB of disk: choose another with --image`,
    );
  }
  return await choice(dialog, { what: "flavor", choices, given: given.flavor });
}

async function chooseNetworkOf(
  { networks, routed }: CloudOffer,
  { given, dialog }: FirstConfigDeps,
): Promise<FirstChoices["network"]> {
  const choices = offeredNetworks(networks ?? [], { ...given, routed: routed ?? [] });
  if (choices.length === 0 && given.network === null) return null;
  const chosen = await choice(dialog, {
    what: "network",
    choices,
    given: given.network,
  });
  const { name } = chosen.network;
  const isNamedAlone = name !== "" && networks!.filter((one) => one.name === name).length === 1;
  return { ...chosen, isNamedAlone };
}

/** A pool for a start; users who want more write more. */
const MOST_SERVERS = 10;

function serversAtMost(
  flavor: Flavor,
  { name, offer, withFloatingIps }: Surveyed & { withFloatingIps: boolean },
): number {
  const { servers, tightest } = roomFor(flavor, { ...offer, withFloatingIps });
  if (servers > 0) return Math.min(MOST_SERVERS, servers);
  throw new FirstConfigError(
    `the quota of ${name} has no room for a server of the flavor ${flavor.name} (${tightest}): raise it, delete ` +
      "servers that nobody needs, or choose a smaller flavor with --flavor",
  );
}
