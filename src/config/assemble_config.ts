/** Makes the program's `Config` from a checked file and the clouds and secrets found for it. */
import { dirname } from "node:path/posix";
import * as v from "valibot";
import type { CloudAccess } from "../domain/cloud_access.ts";
import { DEFAULT_STATE } from "../domain/default_state.ts";
import { isEtcdState } from "../domain/etcd_address.ts";
import { formatFor } from "../domain/image_uses.ts";
import type { Config } from "../domain/config.ts";
import { type Environment, expandHome } from "./environment.ts";
import { cronSection } from "./schema/cron_section.ts";
import { diskimageConfig } from "./schema/diskimage_section.ts";
import type { ConfigSection } from "./schema/config_section.ts";
import { etcdConfig } from "./schema/etcd_section.ts";
import { labelConfig, type LabelSection } from "./schema/label_section.ts";
import { providerConfig, type ProviderSection } from "./schema/provider_section.ts";
import { fieldsOf } from "./schema/section.ts";
import { limitsSection, logConfig, statusConfig } from "./schema/service_sections.ts";
import { targetConfig, targetSection } from "./schema/target_section.ts";
import { isNeeded, lacksDiskimage, lacksImage } from "./images_of_file.ts";
import type { SecureFile } from "./secure_file.ts";

interface Findings {
  /** In the order of the providers. */
  readonly access: readonly (CloudAccess | null)[];
  readonly secrets: SecureFile;
  readonly environment: Environment;
  /** As `ParseOptions.openedState`. */
  readonly openedState: string | undefined;
}

export function assembleConfig(
  file: ConfigSection,
  { access, secrets, environment, openedState = file.state }: Findings,
): Config {
  const expand = (path: string) => expandHome(path, environment);
  const maybe = (path: string | undefined) => path === undefined ? null : expand(path);
  const folder = dirname(isEtcdState(openedState) ? DEFAULT_STATE : expand(openedState));
  const sections = file.providers.map((provider) => withoutUnmade(provider, file));
  const providers = sections.map((provider, index) =>
    providerConfig(provider, { access: access[index]!, expand })
  );
  const formatsFor = (diskimage: string) =>
    providers
      .filter(({ images }) => images.some((image) => image.diskimage === diskimage))
      .map(formatFor);
  return {
    scriptDir: maybe(file["script-dir"]),
    elementsDir: file["elements-dir"]?.split(":").map(expand).join(":") ?? null,
    imagesDir: maybe(file["images-dir"]) ?? `${folder}/images`,
    cron: fieldsOf(cronSection, file.cron),
    zmqPublishers: file["zmq-publishers"],
    gearmanServers: file["gearman-servers"].map(({ host, port }) => ({ host, port })),
    labels: file.labels.map((label) => labelConfig(suppliedLabel(label, sections))),
    diskimages: file.diskimages.map((diskimage) =>
      diskimageConfig(diskimage, { providerFormats: formatsFor(diskimage.name) })
    ),
    providers,
    targets: (file.targets.length > 0 ? file.targets : [DEFAULT_TARGET]).map((target) =>
      targetConfig(target, { secrets: secrets.jenkins.get(target.name) ?? null })
    ),
    state: expand(file.state),
    etcd: etcdConfig(file.etcd, { state: file.state, expand, password: secrets.etcdPassword }),
    status: statusConfig(file.status),
    buildLogDir: maybe(file["build-log-dir"]) ?? `${folder}/build-logs`,
    buildLogRetention: file["build-log-retention"],
    limits: fieldsOf(limitsSection, file.limits),
    log: logConfig(file.log, { expand, besideState: folder }),
  };
}

/** Without images that nothing makes; no label needs them. */
function withoutUnmade(
  provider: ProviderSection,
  { labels, diskimages }: ConfigSection,
): ProviderSection {
  const isUnmade = (image: ProviderSection["images"][number]) =>
    lacksDiskimage(image, diskimages) && !isNeeded(image, { provider, labels });
  return { ...provider, images: provider.images.filter((image) => !isUnmade(image)) };
}

/** Only with providers that have its image. */
function suppliedLabel(label: LabelSection, providers: readonly ProviderSection[]): LabelSection {
  const lacking = new Set(
    providers.filter((provider) => lacksImage(provider, label.image)).map(({ name }) => name),
  );
  return { ...label, providers: label.providers.filter(({ name }) => !lacking.has(name)) };
}

/** A pool with nothing to hand nodes to still names them, and shows them with a target. */
const DEFAULT_TARGET = v.parse(targetSection, { name: "default" });
