/** The digests of the configuration that this process would work with if it led now, read again when its file changes. */
import type { ConfigSource } from "../config/config_source.ts";
import { digestConfig } from "../config/digest_config.ts";
import type { ConfigDigests } from "../domain/machines_report.ts";

/** @returns does not throw: where the file cannot be used, it would be the configuration of the start */
export function watchedDigests(
  source: Pick<ConfigSource, "first" | "read" | "stamp">,
): () => Promise<ConfigDigests> {
  let { stamp } = source.first;
  let digests = digestConfig(source.first.config);
  return async () => {
    const now = await source.stamp();
    if (now === stamp) return digests;
    stamp = now;
    const { config } = await source.read().catch(() => source.first);
    return digests = digestConfig(config);
  };
}
