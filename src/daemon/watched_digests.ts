/** The digests of the configuration that this process would work with if it led now, read again when its file changes. */
import type { ConfigSource } from "../config/config_source.ts";
import { digestConfig } from "../config/digest_config.ts";
import type { ConfigDigests } from "../domain/machines_report.ts";

/** @returns does not throw: a file that cannot be used leaves them as they are, as it does the configuration */
export function watchedDigests(source: ConfigSource): () => Promise<ConfigDigests> {
  let digests = digestConfig(source.first.config);
  let stamp: string | null = null;
  return async () => {
    const now = await source.stamp();
    if (now === stamp) return digests;
    stamp = now;
    return digests = await source.read().then(({ config }) => digestConfig(config), () => digests);
  };
}
