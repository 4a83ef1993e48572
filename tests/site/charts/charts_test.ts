/** The charts as text: what is drawn, what a screen reader hears, what is escaped, and how big they are. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Readings, readingsOf } from "../../../src/domain/samples/pool_samples.ts";
import type { Measure } from "../../../src/domain/samples/sample.ts";
import { HOUR, MINUTE } from "../../../src/domain/time.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { renderPoolChart } from "../../../src/site/charts/pool_chart.ts";
import { renderSparkline } from "../../../src/site/dashboard/numbers.ts";

const moment = { now: Date.UTC(2030, 0, 2, 12, 0), wallOffset: 0 };

/** Readings of that many minutes, from what each measure was in each of them. */
function readings(
  minutes: number,
  at: (minute: number) => Partial<Record<Measure, number | null>> | null,
): Readings {
  const all = Array.from({ length: minutes }, (_, minute) => at(minute));
  const otherwise = (measure: Measure) => measure === "limit" ? null : 0;
  return readingsOf((measure) => all.map((one) => one === null ? null : one[measure] ?? otherwise(measure)));
}

function chart(of: Readings, { name = "All servers", hours = 1 } = {}): string {
  return String(renderPoolChart(of, { id: "all", name, span: hours * HOUR, moment }));
}

/** The path of that class. */
function pathOf(text: string, name: string): string | undefined {
  return text.match(new RegExp(`<path\\s+class="chart-${name}"[^>]*\\bd="([^"]*)"`))?.[1];
}

Deno.test("renderPoolChart() stacks the states as steps, up to the servers of all", () => {
  const text = chart(readings(60, (minute) => ({ used: 2, ready: minute < 30 ? 2 : 1 })));
  equal(pathOf(text, "used"), "M0,200V100H60V200Z");
  equal(pathOf(text, "ready"), "M0,200V0H30V50H60V200Z");
  equal(pathOf(text, "held"), undefined);
  ok(text.indexOf("chart-ready") < text.indexOf("chart-used"), "the lower one covers the higher one");
});

Deno.test("renderPoolChart() draws no line over the time in which nothing was measured, but hatches it and says it", () => {
  const text = chart(readings(60, (minute) => minute >= 20 && minute < 35 ? null : { used: 4 }));
  equal(pathOf(text, "used"), "M0,200V0H20V200ZM35,200V0H60V200Z");
  match(text, /<rect\s+class="chart-gap"\s+x="33.33%"\s+y="0"\s+width="25%"/);
  match(text, /Not measured for 15m\./);
  ok(!text.includes(">not measured</text>"), "there is no room for it");
  const half = chart(readings(60, (minute) => minute < 30 ? null : { used: 4 }));
  match(half, /x="25%" y="100" text-anchor="middle">not measured<\/text>/);
  match(text, /hatched: not measured/);
});

Deno.test("renderPoolChart() has the limit as a line that breaks where there is none, and leaves out one far above", () => {
  const near = chart(readings(60, (minute) => ({ used: 5, limit: minute < 10 ? null : 10 })));
  equal(pathOf(near, "limit"), "M10,0H60");
  match(near, /At most 5 servers at once, of 10 allowed\./);
  const far = chart(readings(60, () => ({ used: 5, limit: 1_000 })));
  match(far, /limit 1000, above the picture/);
  equal(pathOf(far, "used"), "M0,200V33.3H60V200Z");
});

Deno.test("renderPoolChart() marks launches that failed, with how many and when", () => {
  const text = chart(readings(60, (minute) => ({ used: 1, failed: minute === 30 ? 2 : 0 })));
  match(text, /×<title>2 launch failures, \d\d:\d\d to \d\d:\d\d<\/title>/);
  match(text, /2 launch failures\./);
  equal(text.match(/class="chart-failed"\s+x=/g)?.length, 1);
});

Deno.test("renderPoolChart() tells the same as a table", () => {
  const text = chart(readings(60, (minute) => minute < 5 ? null : { used: minute, held: 1, limit: 80 }));
  const rows = text.match(/<tr>.*?<\/tr>/gs)!.slice(1);
  equal(rows.length, 12);
  match(rows[0]!, /not measured/);
  deepEqual([...rows[11]!.matchAll(/<td class="number">(\d*)<\/td>/g)].map(([, cell]) => cell), [
    "59",
    "0",
    "0",
    "1",
    "0",
    "60",
    "80",
    "0",
  ]);
});

Deno.test("charts of nothing say so: before the first sample, and of a pool without servers", () => {
  match(chart(readings(60, () => null)), /Nothing was measured in the last hour\./);
  match(chart(readings(60, () => ({}))), /At most 0 servers at once\. No launch failed\./);
  match(String(renderSparkline([], { name: "ready", over: "the last hour" })), /not measured yet/);
});

Deno.test("charts escape names, and have nothing that a strict policy refuses", () => {
  const name = `<script>"'&`;
  const texts = [
    chart(readings(60, () => ({ used: 1, failed: 1 })), { name }),
    String(renderSparkline([1], { name, over: "the last hour" })),
  ];
  for (const text of texts) {
    ok(!text.includes("<script>"));
    ok(!/\sstyle=|\son\w+=|href=/.test(text));
    match(text, /&lt;script&gt;/);
  }
});

Deno.test("renderSparkline() is a line of steps with breaks, and says in words how it went", () => {
  const text = String(renderSparkline([1, 1, null, 3], { name: "Ready nodes", over: "the last 4 minutes" }));
  match(text, /d="M0,15.3H60M90,2H120"/);
  match(text, /aria-label="Ready nodes over the last 4 minutes: from 1 to 3, most recently 3"/);
});

Deno.test("charts of a restless pool over a day are few kilobytes", () => {
  const random = seededRandom(7);
  const restless = readings(1_440, () => ({
    used: random.integer(4_000),
    ready: random.integer(900),
    building: random.integer(900),
    held: random.integer(20),
    deleting: random.integer(300),
    failed: random.integer(2),
    limit: 10_000,
  }));
  const [figure, line] = [
    chart(restless, { hours: 24 }),
    String(renderSparkline(restless.used.slice(-360), { name: "used", over: "the last 6 hours" })),
  ];
  console.log(`a restless day: the figure ${figure.length} characters, a small line ${line.length}`);
  ok(figure.length < 30_000, `${figure.length}`);
  ok(line.length < 2_000, `${line.length}`);
});

Deno.test("the times under a chart are round ones of this machine's clock and zone", async () => {
  const code = `
    const { timeAxis } = await import("./src/site/charts/time_axis.ts");
    const axis = timeAxis(${6 * HOUR}, { now: ${moment.now}, wallOffset: ${30 * MINUTE} });
    console.log(JSON.stringify([axis.zone, axis.ticks.map(({ text }) => text), axis.textAt(1)]));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", code],
    cwd: new URL("../../../", import.meta.url),
    env: { TZ: "Asia/Kolkata" },
  }).output();
  deepEqual(JSON.parse(new TextDecoder().decode(stdout)), [
    "UTC+05:30",
    ["13:00", "14:00", "15:00", "16:00", "17:00"],
    "18:01",
  ]);
});

const sheet = Deno.readTextFileSync(new URL("../../../src/site/assets/style.css", import.meta.url));

/** The colours of the style sheet, in light and in dark, by their names. */
function palettes(): readonly ReadonlyMap<string, string>[] {
  const [light, dark] = sheet.split("@media (prefers-color-scheme: dark)");
  const colours = (text: string) =>
    [...text.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{3,6})/g)].map(([, name, colour]) =>
      [name!, colour!] as const
    );
  const darkOnes = dark!.slice(0, dark!.indexOf("@media"));
  return [new Map(colours(light!)), new Map([...colours(light!), ...colours(darkOnes)])];
}

/** As WCAG defines it: from 0, black, to 1, white. */
function luminance(colour: string): number {
  const hex = colour.length === 4 ? colour.replace(/[0-9a-f]/g, "$&$&") : colour;
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

Deno.test("all that a chart draws stands out from the ground by three to one, in light and in dark", () => {
  for (const palette of palettes()) {
    for (const name of ["used", "ready", "building", "hold", "delete", "bad", "text", "muted"]) {
      for (const ground of ["surface", "page"]) {
        const [high, low] = [name, ground].map((one) => luminance(palette.get(one)!)).sort((a, b) => b - a);
        ok((high! + 0.05) / (low! + 0.05) >= 3, `${name} on ${ground}: ${palette.get(name)}`);
      }
    }
  }
});
