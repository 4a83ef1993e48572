import assert from "node:assert/strict";
import fc from "fast-check";
import { LARGEST_ID } from "../../src/domain/record_id.ts";
import {
  floatingIpDescription,
  floatingIpNodeId,
  INSTALLATION_KEY,
  markedNodeId,
  serverMetadata,
} from "../../src/domain/server_marks.ts";

const installation = "6e1d2f0a-4a43-4c62-8a41-6d4c0d6d9b10";
const marks = { installation, nodeId: 812, image: "trusty", provider: "cloud-a" };

const arbitraryId = fc.integer({ min: 1, max: LARGEST_ID });
const arbitraryMarks = fc.record({
  installation: fc.uuid(),
  nodeId: arbitraryId,
  run: fc.option(fc.uuid()),
  image: fc.string(),
  provider: fc.string(),
});

Deno.test("serverMetadata() has the two documented values exactly, and the installation in a key of its own", () => {
  const { groups, nodepool, ...rest } = serverMetadata(marks);
  assert.equal(groups, '["trusty","cloud-a"]');
  assert.deepEqual(JSON.parse(nodepool!), { image_name: "trusty", provider_name: "cloud-a", node_id: 812 });
  assert.deepEqual(rest, { nodepool_installation: installation });
  const { nodepool_run: run, ...others } = serverMetadata({ ...marks, run: "a run" });
  assert.deepEqual([run, others], ["a run", serverMetadata(marks)]);
});

Deno.test("serverMetadata() takes over the image's own entries, which never displace the marks", () => {
  const meta = { purpose: "ci", groups: "mine", nodepool: "mine", [INSTALLATION_KEY]: "mine" };
  assert.deepEqual(serverMetadata(marks, meta), { ...serverMetadata(marks), purpose: "ci" });
});

Deno.test("markedNodeId() finds the node of every server that carries our marks, and no other pool does", () => {
  fc.assert(fc.property(arbitraryMarks, fc.uuid(), (ours, other) => {
    fc.pre(ours.installation !== other);
    const server = { metadata: serverMetadata(ours) };
    assert.equal(markedNodeId(server, ours.installation), ours.nodeId);
    assert.equal(markedNodeId(server, other), null);
  }));
});

Deno.test("serverMetadata() of a subnode names its node where that is documented, and its record in a key of its own", () => {
  const { nodepool, nodepool_node: own } = serverMetadata({ ...marks, nodeId: 815, parentId: 812 });
  assert.equal(nodepool, serverMetadata(marks)["nodepool"]);
  assert.equal(own, "815");
});

Deno.test("markedNodeId() finds the record of a subnode's server, never its node's", () => {
  const ids = fc.tuple(arbitraryId, arbitraryId).filter(([node, subnode]) => node !== subnode);
  fc.assert(fc.property(arbitraryMarks, ids, (ours, [parentId, nodeId]) => {
    const server = { metadata: serverMetadata({ ...ours, nodeId, parentId }) };
    assert.equal(markedNodeId(server, ours.installation, ours.provider), nodeId);
    assert.equal(markedNodeId(server, ours.installation, `not ${ours.provider}`), null);
  }));
});

Deno.test("markedNodeId() finds no node on a server whose own key is no number", () => {
  const metadata = { ...serverMetadata({ ...marks, parentId: 5 }), nodepool_node: "x" };
  assert.equal(markedNodeId({ metadata }, installation), null);
});

const foreign: Record<string, Record<string, string>> = {
  "without metadata": {},
  "of a pool that knew no installation": { nodepool: '{"node_id": 812}' },
  "of our installation that is no node's": { [INSTALLATION_KEY]: installation },
  "of an image builder": { [INSTALLATION_KEY]: installation, nodepool: '{"snapshot_image_id": 5}' },
  "whose mark is no JSON": { [INSTALLATION_KEY]: installation, nodepool: "{node_id: 812" },
  "whose mark is null": { [INSTALLATION_KEY]: installation, nodepool: "null" },
  "whose mark is a number": { [INSTALLATION_KEY]: installation, nodepool: "812" },
  "whose node id is a text": { [INSTALLATION_KEY]: installation, nodepool: '{"node_id": "812"}' },
  "whose node id is no whole number": { [INSTALLATION_KEY]: installation, nodepool: '{"node_id": 8.12}' },
  "whose node id is larger than any that is given out": {
    [INSTALLATION_KEY]: installation,
    nodepool: `{"node_id": ${LARGEST_ID + 1}}`,
  },
  "whose node id is too big to be exact": {
    [INSTALLATION_KEY]: installation,
    nodepool: '{"node_id": 9007199254740993}',
  },
};
for (const [what, metadata] of Object.entries(foreign)) {
  Deno.test(`markedNodeId() finds no node on a server ${what}`, () => {
    assert.equal(markedNodeId({ metadata }, installation), null);
  });
}

Deno.test("floatingIpNodeId() finds the node of every floating IP that we described, and no other pool does", () => {
  const run = fc.option(fc.uuid());
  fc.assert(fc.property(arbitraryId, fc.uuid(), fc.uuid(), run, (nodeId, ours, other, run) => {
    fc.pre(ours !== other);
    const floatingIp = { description: floatingIpDescription(ours, nodeId, run) };
    assert.equal(floatingIpNodeId(floatingIp, ours), nodeId);
    assert.equal(floatingIpNodeId(floatingIp, other), null);
  }));
});

Deno.test("floatingIpNodeId() finds no node in what somebody else wrote", () => {
  const described = floatingIpDescription(installation, 812);
  for (
    const description of [
      "",
      "web",
      `${described}3x`,
      ` ${described}`,
      `${described}\n`,
      described.replace("812", "-1"),
    ]
  ) {
    assert.equal(floatingIpNodeId({ description }, installation), null, description);
  }
});

Deno.test("markedNodeId() finds the record of a server that is for an image", () => {
  const { nodepool, ...rest } = serverMetadata({ ...marks, nodeId: 815, providerImageId: 3 });
  assert.equal(JSON.parse(nodepool!).snapshot_image_id, 3);
  assert.equal(markedNodeId({ metadata: { nodepool: nodepool!, ...rest } }, installation, "cloud-a"), 815);
});
