/** What a configuration names is open, and nothing else, whatever fails. */
import assert from "node:assert/strict";
import { KeptOpen } from "../../src/lib/kept_open.ts";

function kit() {
  const log: string[] = [];
  const broken = new Set<string>();
  const step = (what: string) => {
    log.push(what);
    if (broken.has(what)) throw new Error(`cannot ${what}`);
  };
  const kept = new KeptOpen<AsyncDisposable & { readonly name: string }>();
  /** Configures these names, each with what it is opened with; returns what was done for it. */
  async function configure(by: Readonly<Record<string, unknown>>): Promise<string> {
    log.length = 0;
    const wanted = Object.entries(by).map(([name, value]) => {
      const open = () => {
        step(`open ${name}`);
        return { name, [Symbol.asyncDispose]: () => Promise.try(() => step(`end ${name}`)) };
      };
      return [name, { by: value, open, keep: () => step(`keep ${name}`) }] as const;
    });
    const failure = await kept.configure(new Map(wanted)).then(() => [], (error) => [error.message]);
    return [...log, ...failure].join(", ");
  }
  return { kept, configure, broken, log, open: () => kept.all().map(({ name }) => name).join(" ") };
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

Deno.test("at the end everything is ended, also where one cannot be", async () => {
  const { kept, configure, log, broken, open } = kit();
  await configure({ a: 1, b: 1 });
  broken.add("end a");
  log.length = 0;
  await assert.rejects(async () => await kept[Symbol.asyncDispose](), { message: "cannot end a" });
  assert.deepEqual([log, open()], [["end a", "end b"], ""]);
});

Deno.test("where there is nothing to open, nothing is", async () => {
  const kept = new KeptOpen<AsyncDisposable>();
  await kept.configure(new Map([["a", { by: 1, open: () => null }]]));
  assert.deepEqual([kept.get("a"), kept.all()], [null, []]);
});
