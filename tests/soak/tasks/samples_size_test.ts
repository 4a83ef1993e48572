/** What a day of samples costs a big pool: 10,000 nodes, 40 labels, 20 providers. */
import { ok } from "node:assert/strict";
import type { Config } from "../../../src/domain/config.ts";
import { type Happened, measurePool } from "../../../src/domain/samples/measure_pool.ts";
import { minuteOf, wholePool } from "../../../src/domain/samples/sample.ts";
import { SampleBook } from "../../../src/domain/samples/sample_book.ts";
import { DAY, HOUR } from "../../../src/domain/time.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { seededRandom, systemRandom } from "../../../src/lib/random.ts";
import { openKvStore } from "../../../src/store/open_state.ts";
import { renderPoolChart } from "../../../src/site/charts/pool_chart.ts";
import { temporaryState } from "../../store/temporary_state.ts";
import { manyNodes, sampleConfig } from "../../views/sample_pool.ts";

const random = seededRandom(3);
const now = Date.UTC(2030, 0, 2);
const minutes = minuteOf(DAY);

function bigConfig(): Config {
  const { labels, providers, ...others } = sampleConfig();
  const named = <Entity>(prefix: string, count: number, like: Entity) =>
    Array.from({ length: count }, (_, index) => ({ ...like, name: `${prefix}-${index}` }));
  return {
    ...others,
    labels: named("label", 40, labels[0]!),
    providers: named("provider", 20, providers[0]!),
  };
}

const config = bigConfig();
const nodes = manyNodes(10_000).map((node, index) => ({
  ...node,
  label: `label-${index % 40}`,
  provider: `provider-${index % 20}`,
}));

/** Ten thousand jobs an hour: 167 a minute. */
function granted(): Happened[] {
  return Array.from({ length: 167 }, () => ({
    type: "granted",
    label: `label-${random.integer(40)}`,
    seconds: random.integer(400),
  }));
}

function timed<Result>(work: () => Result): { readonly result: Result; readonly time: number } {
  const start = systemClock.monotonic();
  const result = work();
  return { result, time: systemClock.monotonic() - start };
}

Deno.test("a day of samples of 10,000 nodes, 40 labels and 20 providers is small, and quickly measured, read and drawn", async () => {
  await using state = await temporaryState();
  const options = { clock: systemClock, random: systemRandom };
  let measuring = 0;
  const last = minuteOf(now);
  {
    await using store = await openKvStore(state.path, options);
    const writing = systemClock.monotonic();
    for (let minute = last - minutes + 1; minute <= last; minute++) {
      const { result: groups, time } = timed(() =>
        measurePool({ now, config, nodes, requests: [], happened: granted() })
      );
      measuring += time;
      await store.addSample({ minute, groups }, { since: 0 });
    }
    const each = (systemClock.monotonic() - writing - measuring) / minutes;
    console.log(`measured in ${(measuring / minutes).toFixed(2)} ms, written in ${each.toFixed(2)} ms`);
  }
  const { size } = await Deno.stat(state.path);
  await using store = await openKvStore(state.path, options);
  const book = new SampleBook();
  const reading = systemClock.monotonic();
  for await (const sample of store.samples({ since: 0 })) book.add(sample);
  const readTime = systemClock.monotonic() - reading;
  const { time: waiting } = timed(() => config.labels.map(({ name }) => book.waits(name)));
  const { result: figure, time: drawing } = timed(() => {
    const readings = book.read(wholePool, { now, span: 24 * HOUR });
    return String(
      renderPoolChart(readings, { id: "all", name: "All", span: 24 * HOUR, moment: { now, wallOffset: 0 } }),
    );
  });
  console.log(
    `a day: ${Math.round(size / 1024)} KiB of file, read in ${
      readTime.toFixed(0)
    } ms; waits of all labels in ${waiting.toFixed(1)} ms, ` +
      `the figure in ${drawing.toFixed(1)} ms, ${figure.length} characters`,
  );
  ok(size < 20e6 && figure.length < 30_000);
});
