/** What a configuration names is open, and nothing else, whatever fails. */
import assert from "node:assert/strict";
import { KeptOpen } from "../../src/lib/kept_open.ts";
import { VirtualClock } from "../virtual_clock.ts";

function kit() {
  const log: string[] = [];
  const broken = new Set<string>();
  const step = (what: string) => {
    log.push(what);
    if (broken.has(what)) throw new Error(`cannot ${what}`);
  };
  const clock = new VirtualClock();
  const kept = new KeptOpen<AsyncDisposable & { readonly name: string }>(clock);
  const hanging = new Map<string, PromiseWithResolvers<void>>();
  /** Configures these names, each with what it is opened with; returns what was done for it. */
  async function configure(by: Readonly<Record<string, unknown>>): Promise<string> {
    log.length = 0;
    const wanted = Object.entries(by).map(([name, value]) => {
      const open = () => {
        step(`open ${name}`);
        const end = async () => {
          step(`end ${name}`);
          await hanging.get(name)?.promise;
        };
        return { name, [Symbol.asyncDispose]: end };
      };
      return [name, { by: value, open, keep: () => step(`keep ${name}`) }] as const;
    });
    const failure = await kept.configure(new Map(wanted)).then(() => [], (error) => [error.message]);
    return [...log, ...failure].join(", ");
  }
  return {
    kept,
    clock,
    configure,
    broken,
    hanging,
    log,
    open: () => kept.all().map(({ name }) => name).join(" "),
  };
}

Deno.test("what is opened with the same is kept, what is opened with other things is opened again, what goes ends", async () => {
  const { configure, open } = kit();
  assert.equal(await configure({ a: { x: 1 }, b: 1, c: 1 }), "open a, open b, open c");
  assert.equal(await configure({ a: { x: 1 }, b: 2 }), "end b, end c, keep a, open b");
  assert.equal(open(), "a b");
  assert.equal(await configure({}), "end a, end b");
  assert.equal(open(), "");
});

Deno.test("what cannot be opened or ended keeps no other from it, and is opened with the next configuration", async () => {
  const { configure, open, broken } = kit();
  await configure({ a: 1, b: 1 });
  for (const what of ["end a", "open c"]) broken.add(what);
  assert.equal(
    await configure({ a: 2, c: 1, d: 1 }),
    "end a, end b, open a, open c, open d, cannot end a; cannot open c",
  );
  assert.equal(open(), "a d");
  broken.clear();
  assert.equal(await configure({ a: 2, c: 1, d: 1 }), "keep a, open c, keep d");
});

Deno.test("what does not end holds nothing up for good, and is opened again once it has", async () => {
  const { configure, open, clock, hanging } = kit();
  await configure({ a: 1, b: 1, c: 1 });
  hanging.set("a", Promise.withResolvers()).set("b", Promise.withResolvers());
  const configuring = configure({ a: 2, c: 2 });
  await clock.advance(20_000);
  const why = "a has not ended within 10 s, and begins again once it has";
  assert.equal(await configuring, `end a, end b, end c, open c, ${why}`);
  assert.equal(open(), "c");
  assert.equal(await configure({ a: 2, c: 2 }), `keep c, ${why}`);
  for (const { resolve } of hanging.values()) resolve();
  await clock.advance(0);
  assert.equal(await configure({ a: 2, c: 2 }), "open a, keep c");
});

Deno.test("at the end everything is ended, also where one cannot be", async () => {
  const { kept, configure, log, broken, open } = kit();
  await configure({ a: 1, b: 1 });
  broken.add("end a");
  log.length = 0;
  await assert.rejects(async () => await kept[Symbol.asyncDispose](), { message: "cannot end a" });
  assert.deepEqual([log, open()], [["end a", "end b"], ""]);
});

Deno.test("where there is nothing to open, nothing is", async () => {
  const kept = new KeptOpen<AsyncDisposable>(new VirtualClock());
  await kept.configure(new Map([["a", { by: 1, open: () => null }]]));
  assert.deepEqual([kept.get("a"), kept.all()], [null, []]);
});
