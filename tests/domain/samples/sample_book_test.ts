import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import {
  type GroupSample,
  measures,
  type Sample,
  type SampledGroup,
  wholePool,
} from "../../../src/domain/samples/sample.ts";
import { SampleBook } from "../../../src/domain/samples/sample_book.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";

const label: SampledGroup = { of: "label", name: "small" };

function groupSample(group: SampledGroup, used: number, waits?: GroupSample["waits"]): GroupSample {
  const values = measures.map((measure) => measure === "used" ? used : measure === "limit" ? -1 : 0);
  return { ...group, values, ...(waits === undefined ? {} : { waits }) };
}

function bookOf(samples: readonly Sample[]): SampleBook {
  const book = new SampleBook();
  for (const sample of samples) book.add(sample);
  return book;
}

/** Samples with gaps between them, up to days long, of the pool and, now and then, of a label. */
const arbitrarySamples = fc.array(fc.record({
  after: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2_000 })),
  used: fc.nat(90),
  label: fc.option(fc.nat(90)),
})).map((steps) => {
  let minute = 1_000_000;
  return steps.map(({ after, used, label: count }): Sample => ({
    minute: minute += after,
    groups: [groupSample(wholePool, used), ...(count === null ? [] : [groupSample(label, count)])],
  }));
});

Deno.test("SampleBook reads what was added in the last day, and nothing where nothing was", () => {
  fc.assert(fc.property(arbitrarySamples, fc.nat(3_000), (samples, later) => {
    const book = bookOf(samples);
    const minute = (samples.at(-1)?.minute ?? 1_000_000) + later;
    const { used } = book.read(wholePool, { now: minute * MINUTE + 30 * SECOND, span: DAY });
    const known = new Map(
      samples.map((sample) => [sample.minute, sample.groups[0]!.values[measures.indexOf("used")]!]),
    );
    const first = minute + 1 - 24 * 60;
    const newest = samples.at(-1)?.minute ?? 0;
    deepEqual(
      used,
      Array.from({ length: 24 * 60 }, (_, index) => {
        const at = first + index;
        return at > newest - 24 * 60 ? known.get(at) ?? null : null;
      }),
    );
  }));
});

Deno.test("SampleBook has zeros of a group from before it came, and forgets one that is not in a newer sample", () => {
  const now = 1_002 * MINUTE;
  const span = 3 * MINUTE;
  const pool = groupSample(wholePool, 1);
  const book = bookOf([
    { minute: 1_000, groups: [pool, groupSample(label, 5)] },
    { minute: 1_001, groups: [pool] },
    { minute: 1_002, groups: [pool, groupSample(label, 7)] },
  ]);
  deepEqual(book.read(label, { now, span }).used, [0, 0, 7]);
  deepEqual(book.read({ of: "provider", name: "none" }, { now, span }).used, [0, 0, 0]);
  deepEqual(book.read(label, { now, span }).limit, [0, 0, null]);
});

Deno.test("SampleBook sums the waits of a day, each of those who waited counted once", () => {
  const samples = Array.from({ length: 30 }, (_, index): Sample => ({
    minute: 1_000 + index * 60,
    groups: [
      groupSample(wholePool, 0),
      groupSample(label, 0, { seconds: [10, 100 + index], counts: [3, 1] }),
    ],
  }));
  const book = bookOf(samples);
  // 24 of 30 hours: three of ten seconds, and one of more, an hour.
  deepEqual(book.waits("small"), { count: 96, median: 10 * SECOND, p95: 125 * SECOND });
  equal(book.waits("other"), null);
  equal(book.since, (1_000 + 6 * 60) * MINUTE);
  deepEqual(book.read(label, { now: samples.at(-1)!.minute * MINUTE, span: HOUR }).used.length, 60);
});
