/** What waits while nothing is done for it is named beside the work in flight, each thing once. */
import assert from "node:assert/strict";
import type { WorkReport } from "../../src/domain/dump_report.ts";
import { aboutNode, waitingWork } from "../../src/domain/waiting_work.ts";
import { sampleDibImage, sampleImage } from "../views/sample_images.ts";
import { NOW, sampleNode } from "../views/sample_pool.ts";

const waitingOn = { reason: "active", message: "the server to become ACTIVE", since: NOW - 2_000 } as const;

Deno.test("nodes and images on their way are named with what they wait for, those at work and at rest are not", () => {
  const boot = { state: { phase: "boot", serverId: "s" }, stateSince: NOW - 9_000, waitingOn } as const;
  const records = {
    nodes: [sampleNode({ id: 1 }), sampleNode({ id: 2, ...boot }), sampleNode({ id: 3, ...boot })],
    images: [
      sampleImage({ id: 3 }),
      sampleImage({ id: 4, state: { phase: "saving", externalId: "i" }, waitingOn: null }),
      sampleImage({ id: 5, state: { phase: "gone" } }),
    ],
    dibImages: [
      sampleDibImage({ id: 3 }),
      sampleDibImage({ id: 4, state: { phase: "build", startedAt: null }, waitingOn }),
      sampleDibImage({ id: 6, state: { phase: "delete" } }),
    ],
  };
  const at = { age: 0, begun: [], waits: [] };
  const inFlight: WorkReport[] = [
    { what: "login", about: { node: 2 }, ...at },
    { what: "remove-files", about: { dib_image: 6 }, ...at },
  ];
  const waiting = waitingWork(records, { inFlight, now: NOW });
  assert.deepEqual(
    waiting.map(({ what, about: { node, image_id, dib_image } }) => [what, node ?? image_id ?? dib_image]),
    [
      ["boot", 3],
      ["saving", 4],
      ["build", 4],
    ],
  );
  const [node, image] = waiting;
  assert.deepEqual(node!.about, { node: 3, label: "noble", provider: "cloud-a", image: "noble" });
  assert.deepEqual([node!.age, node!.waits], [9_000, [{ on: waitingOn.message, age: 2_000, stack: [] }]]);
  assert.deepEqual(image!.waits, []);
});

Deno.test("a server that is there for an image is named without a label: it belongs to none", () => {
  const node = sampleNode({ id: 7, label: "", image: "noble" });
  assert.deepEqual(aboutNode(node), { node: 7, provider: node.provider, image: "noble" });
});
