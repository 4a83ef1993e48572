import assert from "node:assert/strict";
import { Inventory } from "../../src/domain/inventory.ts";
import { lineageOf, type Run } from "../../src/domain/lineage.ts";
import type { NodeRecord } from "../../src/domain/node.ts";
import { LARGEST_JUMP } from "../../src/domain/record_id.ts";
import { serverMetadata } from "../../src/domain/server_marks.ts";
import { judgeStrangers } from "../../src/plan/judge_strangers.ts";
import { INSTALLATION, node, NOW, server, states } from "./plan_fixtures.ts";

/** Run `old` gave out the ids from 1 to 9; the present one has given out none. */
const runs: readonly Run[] = [
  { number: 1, id: "old", startedAt: 0, firstIds: { node: 1, image: 1 } },
  { number: 2, id: "now", startedAt: 0, firstIds: { node: 10, image: 1 } },
];

interface Found {
  readonly nodeId: number;
  readonly run: string | null;
}

function judge(
  found: readonly Found[],
  { isFirstLook = true, seenFirst = [] as string[], nodes = [] as readonly NodeRecord[], nextId = 10 } = {},
) {
  const inventory = new Inventory(INSTALLATION, "cloud-a", lineageOf(() => runs, () => nextId));
  const servers = found.map(({ nodeId, run }, index) => {
    const marks = { installation: INSTALLATION, nodeId, run, image: "noble", provider: "cloud-a" };
    return server(`s${index}`, { metadata: serverMetadata(marks) });
  });
  inventory.apply({ kind: "complete", startedAt: NOW, cloudTime: NOW, cloudAhead: null, servers });
  const verdict = judgeStrangers({
    inventory,
    nodes,
    provider: "cloud-a",
    nextId,
    firstId: 10,
    isFirstLook,
    seenFirst: new Set(seenFirst),
  });
  const { foreign, implausible, rivals, staleBelow, highestId } = verdict;
  return [foreign, implausible, rivals].map((each) => each.map((one) => one.server.id).join()).join("|") +
    `|${staleBelow}|${highestId}`;
}

const quiet = "|||0|0";

for (
  const [what, found, options, expected] of [
    ["servers that the state made tell nothing", [{ nodeId: 5, run: "old" }], {}, quiet],
    ["a newer id of a known run tells of an older state", [{ nodeId: 12, run: "old" }], {}, "s0|||10|12"],
    ["a newer id without a run does too", [{ nodeId: 12, run: null }], {}, "s0|||10|12"],
    ["a run that is not known tells of another daemon", [{ nodeId: 5, run: "x" }], {}, "s0||s0|10|5"],
    [
      "what turns up later of a known run tells of another daemon",
      [{ nodeId: 12, run: "old" }],
      { isFirstLook: false },
      "s0||s0|0|12",
    ],
    [
      "what was there at first does not, when it is seen again",
      [{ nodeId: 12, run: "old" }],
      { isFirstLook: false, seenFirst: ["s0"] },
      "s0|||0|12",
    ],
    [
      "what has no run and turns up later is told",
      [{ nodeId: 12, run: null }],
      { isFirstLook: false },
      "s0|||0|12",
    ],
    [
      "an id further away than any launch tells nothing",
      [{ nodeId: 10 + LARGEST_JUMP, run: "x" }],
      {},
      "|s0||0|0",
    ],
    ["the largest jump is one", [{ nodeId: 9 + LARGEST_JUMP, run: null }], {}, `s0|||10|${9 + LARGEST_JUMP}`],
    ["an id that there cannot be tells nothing", [{ nodeId: 2 ** 53 - 1, run: "x" }], {}, "|s0||0|0"],
    [
      "a server that a record names is known, whatever its marks say",
      [{ nodeId: 5, run: "x" }],
      { nodes: [node(states.hold, { state: { ...states.hold, serverId: "s0" } })] },
      quiet,
    ],
    [
      "a server that has not been asked for yet tells of an older state",
      [{ nodeId: 7, run: "old" }],
      { nodes: [node(states.create)] },
      "|||10|0",
    ],
    [
      "a server that was asked for without an answer tells nothing",
      [{ nodeId: 7, run: "old" }],
      { nodes: [node({ ...states.create, sentAt: NOW })] },
      quiet,
    ],
    [
      "nodes that were launched after an older state was restored are not stale",
      [{ nodeId: 12, run: "old" }],
      { nextId: 20 },
      "s0|||10|12",
    ],
  ] as const
) {
  Deno.test(`judgeStrangers(): ${what}`, () => assert.equal(judge(found, options as object), expected));
}
