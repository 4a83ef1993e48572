/** The configuration of a benchmark's pool: one label on one simulated cloud, no rate limit. */
import { oneCloudConfig } from "../../tests/e2e/one_cloud_config.ts";

export function benchConfig({ minReady, maxServers }: { minReady: number; maxServers: number }): string {
  return oneCloudConfig({ labels: { small: minReady }, maxServers });
}
