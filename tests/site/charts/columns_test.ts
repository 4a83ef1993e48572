/** What a chart draws of many minutes: nothing that stands out is lost, and nothing is made up. */
import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { type Readings, readingsOf } from "../../../src/domain/samples/pool_samples.ts";
import { measures } from "../../../src/domain/samples/sample.ts";
import { columnsOf, peaksOf, stackOrder, totalOf } from "../../../src/site/charts/columns.ts";
import { runsOf } from "../../../src/site/charts/step_path.ts";

const values = fc.array(fc.option(fc.nat(500)), { maxLength: 1_500 });
const width = fc.integer({ min: 1, max: 60 });

/** Minutes of which some were not measured: all measures or none. */
const readings: fc.Arbitrary<Readings> = fc.array(
  fc.option(fc.array(fc.nat(300), { minLength: measures.length, maxLength: measures.length })),
  { maxLength: 300 },
).map((minutes) =>
  readingsOf((measure) => minutes.map((minute) => minute?.[measures.indexOf(measure)] ?? null))
);

function totals(of: Readings): (number | null)[] {
  return of.used.map((used, minute) =>
    used === null ? null : totalOf(stackOrder.map((measure) => of[measure][minute]!))
  );
}

function highest(numbers: readonly (number | null)[]): number {
  return Math.max(0, ...numbers.map((number) => number ?? 0));
}

Deno.test("a line of fewer columns than minutes loses no peak, and has a break where nothing was measured", () => {
  fc.assert(fc.property(values, width, (values, width) => {
    const peaks = peaksOf(values, width);
    equal(peaks.length, Math.ceil(values.length / width));
    equal(highest(peaks), highest(values));
    for (const [index, peak] of peaks.entries()) {
      const minutes = values.slice(index * width, (index + 1) * width);
      equal(peak === null, minutes.every((value) => value === null));
      if (peak !== null) equal(minutes.includes(peak), true);
    }
  }));
});

Deno.test("a stack of fewer columns than minutes loses no peak, and its parts are those of one moment", () => {
  fc.assert(fc.property(readings, width, (readings, width) => {
    const columns = columnsOf(readings, width);
    equal(highest(columns.map(({ stack }) => stack && totalOf(stack))), highest(totals(readings)));
    for (const { from, to, stack } of columns) {
      const moments = Array.from({ length: to - from }, (_, index) => from + index)
        .map((minute) => stackOrder.map((measure) => readings[measure][minute] ?? null));
      equal(stack === null, moments.every((moment) => moment.includes(null)));
      if (stack !== null) equal(moments.some((moment) => `${moment}` === `${stack}`), true);
    }
  }));
});

Deno.test("the failures of all minutes are in the columns, once each", () => {
  fc.assert(fc.property(readings, width, (readings, width) => {
    const sum = (numbers: readonly (number | null)[]) =>
      numbers.reduce<number>((all, one) => all + (one ?? 0), 0);
    equal(sum(columnsOf(readings, width).map(({ failed }) => failed)), sum(readings.failed));
  }));
});

Deno.test("gaps are the minutes in which nothing was measured, neighbours together", () => {
  const isGap = (value: number | null) => value === null;
  deepEqual(runsOf([null, 1, null, null, 2, 0, null], isGap), [
    { from: 0, to: 1 },
    { from: 2, to: 4 },
    { from: 6, to: 7 },
  ]);
  deepEqual(runsOf([1, 0], isGap), []);
});
