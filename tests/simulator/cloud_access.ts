/** How the program's own client reaches a simulated cloud, without a clouds.yaml. */
import { type CloudAccess, PLAIN_ACCESS } from "../../src/domain/cloud_access.ts";
import type { CloudSettings } from "../../src/simulator/settings.ts";

/** @param baseUrl where the simulator is served, with no slash at its end */
export function cloudAccess(cloud: CloudSettings, baseUrl: string): CloudAccess {
  const domain = { id: null, name: "Default" };
  return {
    ...PLAIN_ACCESS,
    name: cloud.name,
    authUrl: `${baseUrl}/${cloud.name}/identity/v3`,
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
