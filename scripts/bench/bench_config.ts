/** The configuration of a benchmark's pool: one label on one simulated cloud, no rate limit, no floating IPs. */
import { oneCloudConfig } from "../../tests/e2e/one_cloud_config.ts";

export function benchConfig({ minReady, maxServers }: { minReady: number; maxServers: number }): string {
  const provider = "networks: [{name: private, public: true}]";
  return oneCloudConfig({ labels: { small: minReady }, maxServers, provider });
}
