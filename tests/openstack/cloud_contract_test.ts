/**
 * `cloudContract` against the real OpenStack of OS_CLIENT_CONFIG_FILE. Each test has a project of its own, made by
 * the cloud `devcloud-admin`, so that quotas can be set and nobody else's servers are touched.
 */
import assert from "node:assert/strict";
import { parse } from "yaml";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import { createOpenStackCloud } from "../../src/cloud/openstack/openstack_cloud.ts";
import { createUndiciSend } from "../../src/http/undici_send.ts";
import { type CloudAccess, PLAIN_ACCESS } from "../../src/domain/cloud_access.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { cloudContract, type CloudUnderTest } from "../contracts/cloud_contract.ts";

interface CloudsEntry {
  auth: { auth_url: string; username: string; password: string; project_name: string };
}

const { devcloud: member, "devcloud-admin": admin } = await readClouds();

cloudContract("a real OpenStack", async (): Promise<CloudUnderTest> => {
  const project = await createProject();
  const send = createUndiciSend({ ...accessTo(project.id), connections: 4 });
  const clients: WholeCloud[] = [];
  const connect = (pageSize?: number): WholeCloud => {
    const client = createOpenStackCloud({
      name: "devcloud",
      access: accessTo(project.id),
      send,
      clock: systemClock,
      random: systemRandom,
      apiTimeout: MINUTE,
      rate: 0,
      pageSize,
    });
    clients.push(client);
    return client;
  };
  return {
    cloud: connect(),
    withPageSize: connect,
    imageName: "debian-12",
    flavorName: "m1.tiny",
    networkName: "nodes",
    externalNetworkName: "public",
    setQuota: project.setQuota,
    waitFor,
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]();
      await send[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
});

async function readClouds(): Promise<Record<"devcloud" | "devcloud-admin", CloudsEntry>> {
  const path = Deno.env.get("OS_CLIENT_CONFIG_FILE");
  assert.ok(path !== undefined, "OS_CLIENT_CONFIG_FILE names the clouds.yaml of a development cloud");
  return parse(await Deno.readTextFile(path)).clouds;
}

function accessTo(projectId: string): CloudAccess {
  const { auth_url: authUrl, username, password } = member.auth;
  const userDomain = { id: "default", name: null };
  return {
    name: "devcloud",
    authUrl,
    auth: { method: "password", userId: null, username, userDomain, password },
    scope: { kind: "project", id: projectId, name: null, domain: userDomain },
    regionName: null,
    ...PLAIN_ACCESS,
  };
}

async function waitFor(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 3 * MINUTE;
  while (!await condition()) {
    assert.ok(systemClock.monotonic() < deadline, `waited in vain for ${what}`);
    await systemClock.sleep(SECOND);
  }
}

async function createProject() {
  const { call, endpoint } = await logInAsAdmin();
  const identity = member.auth.auth_url;
  const name = `contract-${systemRandom.uuid().slice(0, 8)}`;
  const { project } = await call("POST", `${identity}/projects`, { project: { name, domain_id: "default" } });
  const { users } = await call("GET", `${identity}/users?name=${member.auth.username}`);
  const { roles } = await call("GET", `${identity}/roles?name=member`);
  await call("PUT", `${identity}/projects/${project.id}/users/${users[0].id}/roles/${roles[0].id}`);
  return {
    id: project.id as string,
    async setQuota(quota: { instances: number | null; floatingIps: number | null }) {
      await call("PUT", `${endpoint("compute")}/os-quota-sets/${project.id}`, {
        quota_set: { instances: quota.instances ?? -1, force: true },
      });
      await call("PUT", `${endpoint("network")}/v2.0/quotas/${project.id}`, {
        quota: { floatingip: quota.floatingIps ?? -1 },
      });
    },
    async [Symbol.asyncDispose]() {
      const groups = await call(
        "GET",
        `${endpoint("network")}/v2.0/security-groups?project_id=${project.id}`,
      );
      await call("DELETE", `${identity}/projects/${project.id}`);
      for (const { id } of groups.security_groups) {
        await call("DELETE", `${endpoint("network")}/v2.0/security-groups/${id}`);
      }
    },
  };
}

/** Administration is no part of the `Cloud` port: plain requests do. */
async function logInAsAdmin() {
  const { auth_url, username, password, project_name } = admin.auth;
  const domain = { id: "default" };
  const response = await fetch(`${auth_url}/auth/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      auth: {
        identity: { methods: ["password"], password: { user: { name: username, password, domain } } },
        scope: { project: { name: project_name, domain } },
      },
    }),
  });
  const token = response.headers.get("x-subject-token")!;
  const { token: { catalog } } = await response.json();
  const call = async (method: string, url: string, body?: unknown) => {
    const answer = await fetch(url, {
      method,
      headers: { "x-auth-token": token, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${url}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
  const endpoint = (type: string): string =>
    catalog.find((service: { type: string }) => service.type === type)
      .endpoints.find((entry: { interface: string }) => entry.interface === "public").url;
  return { call, endpoint };
}
