/** How clients reach the simulator's clouds. */
import { stringify } from "yaml";
import type { SimulatorSettings } from "./settings.ts";

/**
 * A clouds.yaml with one entry for each cloud, named as the cloud.
 * @param baseUrl where the simulator is served, with no slash at its end
 */
export function renderCloudsYaml(settings: SimulatorSettings, baseUrl: string): string {
  const entries = settings.clouds.map((cloud) => [cloud.name, {
    auth_type: "password",
    auth: {
      auth_url: `${baseUrl}/${cloud.name}/identity/v3`,
      username: cloud.username,
      password: cloud.password,
      project_name: cloud.project,
      user_domain_name: "Default",
      project_domain_name: "Default",
    },
    region_name: cloud.region,
    interface: "public",
    identity_api_version: 3,
  }]);
  return stringify({ clouds: Object.fromEntries(entries) });
}
