import assert from "node:assert/strict";
import { SourceMap } from "node:module";
import { lineMap } from "../../scripts/line_maps.ts";

/** Two lines of a bundle, each made of several parts; the first part of the second one has no source. */
const whole = {
  version: 3,
  sources: ["a.ts", "b.ts"],
  sourcesContent: ["one;\ntwo;", "three;"],
  names: ["one"],
  mappings: "AAAAA,IAAI,MACJ;E,CCAA,IDDC;;ACAD",
};

/** Where the file's position comes from. */
function originOf(map: object, [line, column]: readonly [number, number]) {
  const entry = new SourceMap(map as never).findEntry(line, column);
  const { originalSource, originalLine } = entry as { originalSource: string; originalLine: number };
  return { source: originalSource, line: originalLine };
}

Deno.test("lineMap() says of each place of the bundle which line of which source it is from", () => {
  const reduced = lineMap(whole);
  for (let line = 0; line < 4; line++) {
    for (let column = 0; column < 12; column++) {
      assert.deepEqual(
        originOf(reduced, [line, column]),
        originOf(whole, [line, column]),
        `${line}:${column}`,
      );
    }
  }
});

Deno.test("lineMap() keeps no sources, no names and no mapping that tells only of a column", () => {
  assert.deepEqual(lineMap(whole), {
    version: 3,
    sources: ["a.ts", "b.ts"],
    names: [],
    mappings: "AAAA,UACA;GCAA,IDDC;;ACAD",
  });
});
