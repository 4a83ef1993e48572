/** What the tests of `cloudContract` work with: the cloud under test, and what each of them makes there. */
import assert from "node:assert/strict";
import type { ServerRequest, WholeCloud } from "../../src/cloud/cloud.ts";
import { CloudError } from "../../src/domain/cloud_error.ts";
import { imageProperties } from "../../src/domain/image_marks.ts";
import type { CloudImage, Port, Server } from "../../src/domain/server.ts";

export interface CloudUnderTest extends AsyncDisposable {
  readonly cloud: WholeCloud;
  /** Another client of the same project, whose listings have pages of so many. */
  withPageSize(pageSize: number): WholeCloud;
  readonly imageName: string;
  readonly flavorName: string;
  /** Servers are attached to it; floating IPs of the other can be attached to its ports. */
  readonly networkName: string;
  readonly externalNetworkName: string;
  /** Whether its floating IPs have descriptions; left out: they have. */
  readonly keepsDescriptions?: boolean;
  /** Sets the project's limits; null: none. */
  setQuota(quota: { instances: number | null; floatingIps: number | null }): Promise<void>;
  /** Lets the cloud's time pass until the condition holds. @throws when it does not in reasonable time */
  waitFor(what: string, condition: () => Promise<boolean>): Promise<void>;
}

/** A test of the contract, with a fixture of its own. */
export type ContractTest = (title: string, run: (fixture: Fixture) => Promise<void>) => void;

export const { signal } = new AbortController();
export const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";

/** What one test makes on the cloud; all of it is deleted at its end. */
export class Fixture implements AsyncDisposable {
  readonly subject: CloudUnderTest;
  readonly name = `contract-${crypto.randomUUID().slice(0, 8)}`;

  constructor(subject: CloudUnderTest) {
    this.subject = subject;
  }

  async create(changes: Partial<ServerRequest> = {}): Promise<{ id: string }> {
    const { cloud, imageName, flavorName, networkName } = this.subject;
    const [image] = await cloud.findImages(imageName, { signal });
    const flavor = (await cloud.listFlavors({ signal })).find(({ name }) => name === flavorName);
    const network = (await cloud.listNetworks({ signal })).find(({ name }) => name === networkName);
    const request: ServerRequest = {
      name: this.name,
      imageId: image!.id,
      flavorId: flavor!.id,
      networkIds: [network!.id],
      metadata: {},
      zone: null,
      keypair: null,
      securityGroups: ["default"],
      configDrive: null,
      userdata: null,
      volumeGib: null,
    };
    return await cloud.createServer({ ...request, ...changes }, { signal });
  }

  async createFloatingIp(portId: string) {
    const { cloud, externalNetworkName } = this.subject;
    const network = (await cloud.listNetworks({ signal })).find(({ name }) => name === externalNetworkName);
    return await cloud.createFloatingIp({ networkId: network!.id, portId, description: this.name }, {
      signal,
    });
  }

  /** Those of an image that this test makes: its own installation. */
  marks(imageId: number): Record<string, string> {
    return imageProperties({ installation: this.name, provider: "contract", imageId, name: this.name });
  }

  async createImage(properties = this.marks(7)): Promise<string> {
    const request = { name: this.name, diskFormat: "raw", properties };
    return (await this.subject.cloud.createImage(request, { signal })).id;
  }

  ownImages(): Promise<readonly CloudImage[]> {
    return this.subject.cloud.listOwnImages(this.name, { signal });
  }

  async activeImage(id: string): Promise<CloudImage> {
    let image: CloudImage | undefined;
    await this.subject.waitFor(`image ${id} to be active`, async () => {
      image = (await this.ownImages()).find((each) => each.id === id);
      assert.notEqual(image?.status, "killed");
      return image?.status === "active";
    });
    return image!;
  }

  async own(): Promise<readonly Server[]> {
    const { servers } = await this.subject.cloud.listServers({ signal });
    return servers.filter(({ name }) => name === this.name);
  }

  async listed(id: string): Promise<Server | undefined> {
    return (await this.own()).find((server) => server.id === id);
  }

  async active(id: string): Promise<Server> {
    let server: Server | undefined;
    await this.subject.waitFor(`server ${id} to be ACTIVE`, async () => {
      server = await this.listed(id);
      assert.notEqual(server?.status, "ERROR");
      return server?.status === "ACTIVE";
    });
    return server!;
  }

  async portOf(id: string): Promise<Port> {
    const port = (await this.subject.cloud.listPorts({ signal })).find(({ serverId }) => serverId === id);
    assert.ok(port !== undefined, `a port of server ${id}`);
    return port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { cloud, setQuota, waitFor } = this.subject;
    await setQuota({ instances: null, floatingIps: null });
    for (const floatingIp of await cloud.listFloatingIps({ signal })) {
      if (floatingIp.description === this.name) await cloud.deleteFloatingIp(floatingIp.id, { signal });
    }
    for (const { id } of await this.ownImages()) await cloud.deleteImage(id, { signal });
    for (const { id } of await this.own()) await cloud.deleteServer(id, { signal });
    await waitFor("all servers of the test to be gone", async () => (await this.own()).length === 0);
  }
}

/** The CloudError that a call ends in; fails when it ends otherwise. */
export async function refusalOf(call: Promise<unknown>): Promise<CloudError> {
  const error = await call.then(() => null, (thrown) => thrown);
  assert.ok(error instanceof CloudError, `a CloudError, not ${error}`);
  return error;
}
