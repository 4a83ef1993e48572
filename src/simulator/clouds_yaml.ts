/** How clients reach the simulator's clouds: as the program's own `CloudAccess`, and as a clouds.yaml. */
import { stringify } from "yaml";
import { type CloudAccess, PLAIN_ACCESS } from "../domain/cloud_access.ts";
import type { CloudSettings, SimulatorSettings } from "./settings.ts";

/** @param baseUrl where the simulator is served, with no slash at its end */
export function cloudAccess(cloud: CloudSettings, baseUrl: string): CloudAccess {
  const domain = { id: null, name: "Default" };
  return {
    ...PLAIN_ACCESS,
    name: cloud.name,
    authUrl: authUrl(cloud, baseUrl),
    auth: {
      method: "password",
      userId: null,
      username: cloud.username,
      userDomain: domain,
      password: cloud.password,
    },
    scope: { kind: "project", id: null, name: cloud.project, domain },
    regionName: cloud.region,
  };
}

/** A clouds.yaml with one entry for each cloud, named as the cloud. */
export function renderCloudsYaml(settings: SimulatorSettings, baseUrl: string): string {
  const entries = settings.clouds.map((cloud) => [cloud.name, {
    auth_type: "password",
    auth: {
      auth_url: authUrl(cloud, baseUrl),
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

function authUrl(cloud: CloudSettings, baseUrl: string): string {
  return `${baseUrl}/${cloud.name}/identity/v3`;
}
