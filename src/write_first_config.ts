/** `init` with its real adapters: the cloud over the network, files on this machine's disk. */
import type { FirstConfigOptions } from "./cli/wiring.ts";
import { denoEnvironment } from "./config/deno_environment.ts";
import { configJsonSchema } from "./config/json_schema.ts";
import type { FirstConfigView } from "./domain/first_config.ts";
import { proposals } from "./first/dialog.ts";
import { FirstFiles } from "./first/first_files.ts";
import { makeFirstConfig } from "./first/make_first_config.ts";
import { openCloud } from "./open_cloud.ts";
import { generateKey } from "./ssh/generate_key.ts";

export async function writeFirstConfig(
  { output, home, dialog, ...options }: FirstConfigOptions,
): Promise<FirstConfigView> {
  const schema = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  return await makeFirstConfig({
    ...options,
    dialog: dialog ?? proposals,
    files: new FirstFiles({ output, home, schema, generateKey }),
    environment: denoEnvironment,
    openCloud: (provider) => openCloud(provider),
  });
}
