/** Files on this machine that servers need, by what is done on them. Pure; plans and the watch of these files ask. */
import { type Config, isMade, type LabelConfig, type ProviderImageConfig } from "./config.ts";

/** All that the configuration names, each once. */
export function localFiles(config: Config): { keys: readonly string[]; scripts: readonly string[] } {
  const images = config.providers.flatMap((provider) => provider.images);
  const scripts = [
    ...images.flatMap(({ setup, checkScript }) => [setup, checkScript]),
    ...config.labels.map(({ readyScript }) => readyScript),
  ].flatMap((script) => scriptPath(script, config) ?? []);
  return {
    keys: [...new Set(images.map(({ privateKey }) => privateKey))],
    scripts: [...new Set(scripts)],
  };
}

/** The files that a node of the label needs. An image that is made here may have the ready script in it. */
export function filesOfNode(
  label: LabelConfig,
  image: ProviderImageConfig,
  config: Pick<Config, "scriptDir">,
): readonly string[] {
  const script = isMade(image) ? null : scriptPath(label.readyScript, config);
  return script === null ? [image.privateKey] : [image.privateKey, script];
}

/** The files that a server needs to make an image (it may have a key of its own), or to prove one. */
export function filesOfImage(
  image: ProviderImageConfig,
  { role, hasOwnKey, config }: {
    role: "builder" | "checker";
    hasOwnKey: boolean;
    config: Pick<Config, "scriptDir">;
  },
): readonly string[] {
  const script = scriptPath(role === "builder" ? image.setup : image.checkScript, config);
  return [...(hasOwnKey ? [] : [image.privateKey]), ...(script === null ? [] : [script])];
}

/** null: there is no script, or no folder here that it stands in. */
function scriptPath(script: string | null, { scriptDir }: Pick<Config, "scriptDir">): string | null {
  const name = script?.trim().split(/\s+/)[0] ?? "";
  return name === "" || scriptDir === null ? null : `${scriptDir.replace(/\/$/, "")}/${name}`;
}
