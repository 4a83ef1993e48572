import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import type { CloudErrorKind } from "../../src/domain/cloud_error_kind.ts";
import { executeCreateServer, serverRequest } from "../../src/execute/create_server.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { image, INSTALLATION, node, NOW, provider, states } from "../plan/plan_fixtures.ts";
import { scriptedCloud } from "./execute_fixtures.ts";

const wanted = node(states.create, { zone: "az1" });
const RUN = "5d0b0f0e-0000-4000-8000-000000000002";
const parts = {
  provider: provider(),
  image: image(),
  networkIds: ["n1"],
  installation: INSTALLATION,
  run: RUN,
};
const request = serverRequest(wanted, parts);

function attempt(createServer: () => Promise<{ id: string }>) {
  const { signal } = new AbortController();
  const cloud = scriptedCloud({ createServer });
  return executeCreateServer(request, { cloud, clock: new VirtualClock(NOW), signal });
}

const refusing = (kind: CloudErrorKind, effect: "none" | "unknown") =>
  attempt(() => Promise.reject(new CloudError(kind, "no", { effect, requestId: "req-1" })));

Deno.test("a server is asked for with what the node's record says", () => {
  assert.deepEqual(request, {
    name: "noble-cloud-a-7.example.org",
    imageId: "image-1",
    flavorId: "flavor-1",
    networkIds: ["n1"],
    metadata: {
      groups: '["noble","cloud-a"]',
      nodepool: '{"image_name":"noble","provider_name":"cloud-a","node_id":7}',
      nodepool_installation: INSTALLATION,
      nodepool_run: RUN,
    },
    zone: "az1",
    keypair: null,
    securityGroups: [],
    configDrive: null,
    userdata: null,
    volumeGib: null,
  });
});

Deno.test("a server is asked for with what the provider and its image say", () => {
  const asked = serverRequest(wanted, {
    ...parts,
    provider: provider({ securityGroups: ["open"], configDrive: true }),
    image: image({
      keypair: "ci",
      userdata: "#!/bin/sh",
      bootFromVolume: true,
      volumeSize: 40,
      meta: { team: "infra" },
    }),
  });
  assert.deepEqual(
    [asked.keypair, asked.securityGroups, asked.configDrive, asked.userdata, asked.volumeGib],
    ["ci", ["open"], true, "#!/bin/sh", 40],
  );
  assert.equal(asked.metadata["team"], "infra");
});

Deno.test("an image's config-drive goes before its provider's, and a size alone makes no volume", () => {
  const asked = serverRequest(wanted, {
    ...parts,
    provider: provider({ configDrive: true }),
    image: image({ configDrive: false, volumeSize: 40 }),
  });
  assert.deepEqual([asked.configDrive, asked.volumeGib], [false, null]);
});

Deno.test("an image's own metadata never displaces the marks", () => {
  const meta = { nodepool_installation: "another", nodepool_run: "another", nodepool: "{}", groups: "x" };
  assert.deepEqual(serverRequest(wanted, { ...parts, image: image({ meta }) }).metadata, request.metadata);
});

Deno.test("an accepted request tells the server's id, and that the provider takes requests", async () => {
  assert.deepEqual(await attempt(() => Promise.resolve({ id: "s1" })), {
    event: { type: "accepted", serverId: "s1" },
    cloud: { type: "accepts" },
  });
});

const kinds = [
  ["quota", "refused", "refuses"],
  ["capacity", "refused", "refuses"],
  ["rateLimited", "refused", "refuses"],
  ["unauthorized", "refused", "refuses"],
  ["unavailable", "refused", "refuses"],
  ["timeout", "refused", "refuses"],
  ["badRequest", "failed", "catalog-wrong"],
  ["notFound", "failed", "catalog-wrong"],
  ["conflict", "failed", undefined],
  ["badResponse", "failed", undefined],
] as const;

for (const [kind, result, verdict] of kinds) {
  Deno.test(`a request refused for ${kind} ends the node as ${result} and leaves the cloud's words`, async () => {
    const { event, cloud } = await refusing(kind, "none");
    assert.ok(event !== "ended" && event?.type === "refused");
    assert.equal(event.result, result);
    assert.deepEqual([event.evidence.kind, event.evidence.error, event.evidence.requestId], [
      kind,
      "no",
      "req-1",
    ]);
    assert.equal(cloud?.type, verdict);
  });

  Deno.test(`a request that failed for ${kind} with an unknown effect is an answer that got lost`, async () => {
    const { event, cloud } = await refusing(kind, "unknown");
    assert.ok(event !== "ended" && event?.type === "answer-lost");
    assert.equal(cloud?.type, verdict);
  });
}

Deno.test("an error that nobody foresaw may have made a server, too", async () => {
  const { event } = await attempt(() => Promise.reject(new TypeError("oops")));
  assert.ok(event !== "ended" && event?.type === "answer-lost");
});
