import type { ServerRequest } from "../../src/cloud/cloud.ts";

/** A request for the server node-12, with as little as possible. */
export const NODE_12: ServerRequest = {
  name: "node-12",
  imageId: "image-1",
  flavorId: "flavor-1",
  networkIds: ["network-1"],
  metadata: { nodepool: "{}" },
  zone: null,
  keypair: null,
  securityGroups: [],
  configDrive: null,
  userdata: null,
  volumeGib: null,
};
