import assert from "node:assert/strict";

/** The text in a process of that time zone. */
async function timesIn(zone: string, text: string): Promise<string> {
  const file = new URL("../../src/lib/local_times.ts", import.meta.url).href;
  const script = `import { localTimes } from ${JSON.stringify(file)}; console.log(localTimes(Deno.args[0]));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script, text],
    env: { TZ: zone, NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("times in a text become those of the zone, summer time and half hours too, and say so", async () => {
  const text =
    "held until 2030-01-02T23:04:05.123Z, read 2030-07-02T02:04:05Z; not 2030-01-02 or 2030-13-45T99:99:99Z";
  const rest = "; not 2030-01-02 or 2030-13-45T99:99:99Z";
  const expected = {
    "UTC": "held until 2030-01-02 23:04:05 UTC, read 2030-07-02 02:04:05 UTC",
    "Europe/Berlin": "held until 2030-01-03 00:04:05 +01:00, read 2030-07-02 04:04:05 +02:00",
    "America/St_Johns": "held until 2030-01-02 19:34:05 -03:30, read 2030-07-01 23:34:05 -02:30",
  };
  await Promise.all(
    Object.entries(expected).map(async ([zone, shown]) => {
      assert.equal(await timesIn(zone, text), shown + rest, zone);
    }),
  );
});
