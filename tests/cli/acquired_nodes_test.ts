import assert from "node:assert/strict";
import { formatAcquired } from "../../src/cli/acquired_text.ts";
import { viewAcquiredNodes } from "../../src/views/acquired_nodes.ts";
import { sampleConfig, sampleNode } from "../views/sample_pool.ts";

const addressed = (login: string) => ({ login, publicV4: login, publicV6: null, privateV4: "10.0.0.9" });
const parent = sampleNode({ id: 1, subnodeCount: 2, addresses: addressed("203.0.113.1") });
const subnodes = [2, 3].map((id) =>
  sampleNode({ id, role: "subnode", parentId: 1, addresses: addressed(`203.0.113.${id}`) })
);
const other = sampleNode({ id: 4, role: "subnode", parentId: 9 });

function acquired() {
  const options = { request: 7, config: sampleConfig(), pool: [parent, ...subnodes, other] };
  return viewAcquiredNodes([parent], options);
}

Deno.test("an acquired node is shown with its own subnodes, and how to log in to each", () => {
  const [node] = acquired().nodes;
  assert.deepEqual(node!.subnodes.map(({ id, connection }) => [id, connection?.address]), [
    [2, "203.0.113.2"],
    [3, "203.0.113.3"],
  ]);
});

Deno.test("text and shell variables name the subnodes' addresses", () => {
  const text = formatAcquired(acquired(), { format: "text", knownHosts: null });
  assert.deepEqual(text.match(/^subnode: .*$/gm), ["subnode:  203.0.113.2", "subnode:  203.0.113.3"]);
  const env = formatAcquired(acquired(), { format: "env", knownHosts: null });
  assert.match(env, /^export NODEPOOL_SUBNODES='203\.0\.113\.2 203\.0\.113\.3'$/m);
});
