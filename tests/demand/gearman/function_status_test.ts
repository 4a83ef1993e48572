import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { demandOf, FunctionStatus } from "../../../src/demand/gearman/function_status.ts";

/** The demand that the answers of servers add up to; `|` stands for a tab. */
function demand(...servers: string[][]): Record<string, number> {
  return Object.fromEntries(demandOf(servers.map(statusOf)));
}

function statusOf(lines: readonly string[]): FunctionStatus {
  const status = new FunctionStatus();
  for (const line of lines) status.add(line.replaceAll("|", "\t"));
  return status;
}

Deno.test("demandOf() asks for a node for each job that waits, not for those that run", () => {
  deepEqual(demand(["build:unit:small|7|3|9", "build:docs:small|1|0|0", "build:e2e:big|2|0|1"]), {
    small: 5,
    big: 2,
  });
});

Deno.test("demandOf() leaves out labels that nobody asks for, and functions that build nothing", () => {
  deepEqual(
    demand(["build:unit:small|3|3|9", "merge:x:small|5|0|1", "rebuild:unit:small|5|0|1", "build|4|0|1"]),
    {},
  );
});

Deno.test("demandOf() lets a job without a label ask for the first label known for it", () => {
  deepEqual(demand(["build:unit|4|1|0", "build:unit:second|0|0|1", "build:unit:first|0|0|1"]), { second: 3 });
  deepEqual(demand(["build:docs|4|1|0", "build:unit:second|0|0|1"]), {});
});

Deno.test("demandOf() finds the label of a job in any server's answer, those of earlier servers first", () => {
  deepEqual(demand(["build:unit|1|0|0"], ["build:unit:far|0|0|1"]), { far: 1 });
  deepEqual(demand(["build:unit|1|0|0", "build:unit:near|0|0|1"], ["build:unit:far|0|0|1"]), { near: 1 });
});

Deno.test("demandOf() adds up what several servers ask for", () => {
  deepEqual(demand(["build:unit:small|2|1|0", "build:unit|1|0|0"], ["build:unit:small|5|0|0"], []), {
    small: 7,
  });
});

Deno.test("demandOf() takes the last part for the label and the one before it for the job", () => {
  deepEqual(demand(["build:project:unit:small|1|0|0", "build:unit|2|0|0"]), { small: 3 });
  deepEqual(demand(["build::small|1|0|0", "build:|2|0|0"]), { small: 3 });
  deepEqual(demand(["build:unit:|5|0|0"]), {});
});

Deno.test("demandOf() counts what is no number, and more running than there are, for nothing", () => {
  const strange = [
    "build:a:x|many|0|0",
    "build:b:x|-3|0|0",
    "build:c:x|1|4|0",
    "build:d:x|1e3|0|0",
    "build:e:x||0|0",
  ];
  deepEqual(demand(strange), {});
  deepEqual(demand([...strange, "build:f:x| 3 |1|0\r"]), { x: 2 });
});

Deno.test("demandOf() skips lines that are none of a status", () => {
  deepEqual(demand(["", "build:unit:small", "build:unit:small|5", ".|1|2"]), {});
});

Deno.test("demandOf() takes a tab in a function's name for a part of it", () => {
  deepEqual(demand(["build:unit:sm|all|2|0|0"]), { "sm\tall": 2 });
});

Deno.test("FunctionStatus knows the workers of the functions that hand nodes over, and of no others", () => {
  const status = statusOf([
    "node_assign:jenkins|0|0|2",
    "node_revoke:m1|0|0|1",
    "build:a:b|0|0|9",
    "node_assign:x|1|0|0",
  ]);
  deepEqual(
    ["node_assign:jenkins", "node_revoke:m1", "build:a:b", "node_assign:x", "toString"].map((name) =>
      status.workers.get(name) ?? 0
    ),
    [2, 1, 0, 0, 0],
  );
});

const part = fc.constantFrom("a", "b", "c", "constructor", "__proto__");
const functionLine = fc.record({
  name: fc.oneof(part, fc.tuple(part, part).map((parts) => parts.join(":"))),
  total: fc.nat({ max: 9 }),
  running: fc.nat({ max: 9 }),
});

Deno.test("demandOf() asks in all for as many nodes as jobs wait whose label is known", () => {
  fc.assert(fc.property(fc.array(fc.array(functionLine, { maxLength: 12 }), { maxLength: 3 }), (servers) => {
    const all = servers.flat();
    const known = (job: string) => all.some(({ name }) => name.startsWith(`${job}:`));
    const expected = all
      .filter(({ name }) => name.includes(":") || known(name))
      .reduce((sum, { total, running }) => sum + Math.max(0, total - running), 0);
    const answers = servers.map((lines) =>
      statusOf(lines.map(({ name, total, running }) => `build:${name}|${total}|${running}|0`))
    );
    const counts = [...demandOf(answers).values()];
    equal(counts.reduce((sum, count) => sum + count, 0), expected);
    equal(counts.every((count) => count > 0), true);
  }));
});
