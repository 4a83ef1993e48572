import assert from "node:assert/strict";
import { Cron } from "croner";
import { cronPattern } from "../../src/domain/cron_expression.ts";

/** The next times from the start of 2030, as `MM-DDThh:mm:ss`. */
function times(expression: string, count = 3): string[] {
  const from = new Date(Date.UTC(2030, 0, 1));
  return new Cron(cronPattern(expression), { paused: true, timezone: "UTC" }).nextRuns(count, from)
    .map((time) => time.toISOString().slice(5, 19));
}

Deno.test("cronPattern() leaves what cron itself takes as it is", () => {
  for (const expression of ["14 2 * * *", "0,30 8-18 * * *", "0 0 1,15 jan-jun *", "0 3 * * mon-fri"]) {
    assert.equal(cronPattern(expression), expression);
  }
});

Deno.test("cronPattern() puts the seconds, which stand last, first", () => {
  assert.deepEqual(times("*/15 * * * * 30"), ["01-01T00:00:30", "01-01T00:15:30", "01-01T00:30:30"]);
  assert.deepEqual(times("0 0 * * * */20"), ["01-01T00:00:20", "01-01T00:00:40", "01-02T00:00:00"]);
});

Deno.test("cronPattern() knows the last day of the month, alone and in a list", () => {
  assert.deepEqual(times("0 0 last * *"), ["01-31T00:00:00", "02-28T00:00:00", "03-31T00:00:00"]);
  assert.deepEqual(times("0 0 1,last * *"), ["01-31T00:00:00", "02-01T00:00:00", "02-28T00:00:00"]);
});

Deno.test("cronPattern() knows the days of the week by name, in either case and over the weekend", () => {
  assert.deepEqual(times("0 2 * * Sat-SUN"), ["01-05T02:00:00", "01-06T02:00:00", "01-12T02:00:00"]);
  assert.deepEqual(times("0 2 * * mon,wed"), ["01-02T02:00:00", "01-07T02:00:00", "01-09T02:00:00"]);
});

Deno.test("cronPattern() steps from a start to the end of the field", () => {
  assert.deepEqual(times("5/20 0 * * *", 4), [
    ..."05 25 45".split(" ").map((minute) => `01-01T00:${minute}:00`),
    "01-02T00:05:00",
  ]);
  assert.deepEqual(times("0 0 5/10 * *"), ["01-05T00:00:00", "01-15T00:00:00", "01-25T00:00:00"]);
});

Deno.test("cronPattern() takes a step beyond the end of a field for its start alone", () => {
  assert.deepEqual(times("*/90 * * * *"), ["01-01T01:00:00", "01-01T02:00:00", "01-01T03:00:00"]);
  assert.deepEqual(times("7-9/30 0 * * *", 2), ["01-01T00:07:00", "01-02T00:07:00"]);
  assert.deepEqual(times("0 0 */40 * *", 2), ["02-01T00:00:00", "03-01T00:00:00"]);
});

Deno.test("cronPattern() leaves what nobody understands to the library, which refuses it", () => {
  for (const expression of ["61 * * * *", "*/0 * * * *", "22-2 * * * *", "0 0 first * *", "a b c d e"]) {
    assert.throws(() => times(expression), /CronPattern/, expression);
  }
});
