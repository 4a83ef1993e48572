/** The digests of the configuration that this process would work with if it led now, read again when its files change. */
import type { ConfigSource } from "../config/config_source.ts";
import { digestConfig } from "../config/digest_config.ts";
import type { ConfigDigests } from "../domain/machines_report.ts";

/** @returns does not throw: where the files cannot be used, it would be the last good configuration */
export function watchedDigests(
  source: Pick<ConfigSource, "first" | "newest" | "read" | "stamp">,
): () => Promise<ConfigDigests> {
  let { stamp } = source.first;
  let digests = digestConfig(source.first.config);
  return async () => {
    const now = await source.stamp();
    if (now === stamp) return digests;
    stamp = now;
    const { config } = await source.read().catch(() => source.newest);
    return digests = digestConfig(config);
  };
}
