import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { atSources } from "../../src/lib/cpu_profiler.ts";

function profileOf(url: string) {
  const callFrame = { functionName: "work", scriptId: "0", url, lineNumber: 0, columnNumber: 4 };
  return { nodes: [{ id: 1, callFrame }], startTime: 0, endTime: 1 };
}

Deno.test("a profile names the sources where a map tells them, by the map's own folder", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nodepool böre " });
  try {
    const url = pathToFileURL(`${folder}/chunk.js`).href;
    // The first line's fifth column comes from the third line's second one.
    const map = { version: 3, sources: ["../src/a.ts"], names: [], mappings: "IAEC" };
    await Deno.writeTextFile(`${folder}/chunk.js.map`, JSON.stringify(map));
    const [node] = atSources(profileOf(url)).nodes;
    assert.deepEqual(node!.callFrame, {
      functionName: "work",
      scriptId: "0",
      url: new URL("../src/a.ts", url).href,
      lineNumber: 2,
      columnNumber: 1,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (const url of ["file:///nowhere/chunk.js", "ext:core/01_core.js", "node:timers", ""]) {
  Deno.test(`a profile stays as it is where nothing maps ${url || "a function of nobody's"}`, () => {
    assert.deepEqual(atSources(profileOf(url)), profileOf(url));
  });
}
