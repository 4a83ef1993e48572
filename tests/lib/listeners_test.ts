/** Who is told of something: one that fails must not keep the others from hearing, nor end whoever tells. */
import assert from "node:assert/strict";
import { bulkhead } from "../../src/lib/bulkhead.ts";
import { Listeners } from "../../src/lib/listeners.ts";
import { loggedLines } from "./logged_lines.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(() => resolve()));

Deno.test("a listener that throws keeps none of the others from hearing", async () => {
  const listeners = new Listeners<[number]>("the weather");
  const heard: string[] = [];
  listeners.subscribe((value) => void heard.push(`a ${value}`));
  listeners.subscribe(() => {
    throw new Error("out of tune");
  });
  listeners.subscribe(() => Promise.reject(new Error("out of time")));
  listeners.subscribe((value) => void heard.push(`b ${value}`));
  const lines = await loggedLines(async () => {
    listeners.tell(1);
    await turn();
  });
  assert.deepEqual(heard, ["a 1", "b 1"]);
  assert.deepEqual(lines.map(({ level, message }) => [level, message.join("")]), [
    ["error", "defect in a listener for the weather: out of tune"],
    ["error", "defect in a listener for the weather: out of time"],
  ]);
  assert.match(String(lines[0]!.properties.stack), /listeners_test\.ts/);
});

Deno.test("a listener that fails again and again is logged once, and once more after it was well", async () => {
  const listeners = new Listeners<[boolean]>("the weather");
  listeners.subscribe((isBad) => {
    if (isBad) throw new Error("bad");
  });
  listeners.subscribe(async (isBad) => {
    await turn();
    if (isBad) throw new Error("late");
  });
  const lines = await loggedLines(async () => {
    for (const isBad of [true, true, true, false, true]) {
      listeners.tell(isBad);
      await turn();
      await turn();
    }
  });
  const logged = lines.map(({ message }) => message.join("").split(": ")[1]);
  assert.deepEqual(logged, ["bad", "late", "bad", "late"]);
});

Deno.test("a listener hears no more once it is disposed of, also by another one while all are told", () => {
  const listeners = new Listeners<[]>("the weather");
  const heard: string[] = [];
  let second: Disposable | null = null;
  const first = listeners.subscribe(() => {
    heard.push("first");
    second?.[Symbol.dispose]();
  });
  second = listeners.subscribe(() => void heard.push("second"));
  listeners.tell();
  first[Symbol.dispose]();
  listeners.tell();
  assert.deepEqual(heard, ["first"]);
});

Deno.test("whatever is thrown behind a bulkhead is logged, and goes no further", async () => {
  const odd = Object.assign(new Error(""), { message: undefined });
  const thrown = [new TypeError("x is undefined"), "a text", null, odd, Object.create(null), 7n];
  const lines = await loggedLines(async () => {
    for (const what of thrown) {
      bulkhead("a callback", () => {
        throw what;
      });
      bulkhead("a callback", () => Promise.reject(what));
    }
    await turn();
  });
  assert.equal(lines.length, 2 * thrown.length);
  assert.ok(lines.every(({ rawMessage }) => rawMessage === lines[0]!.rawMessage), "one kind for the limiter");
});

Deno.test("whatever a listener throws, the others hear and whoever tells goes on", async () => {
  const unreadable = (name: "message" | "stack" | "cause") =>
    Object.defineProperty(new Error("odd"), name, {
      get() {
        throw new Error("not to be read");
      },
    });
  const thrown = [
    ...[null, undefined, Symbol("s"), Object.create(null)],
    ...[unreadable("message"), unreadable("stack"), unreadable("cause")],
    new Proxy({}, { get: () => unreadable("message") }),
  ];
  for (const each of thrown) {
    const listeners = new Listeners<[]>("the weather");
    let heard = 0;
    listeners.subscribe(() => {
      throw each;
    });
    listeners.subscribe(() => Promise.reject(each));
    listeners.subscribe(() => void heard++);
    const lines = await loggedLines(async () => {
      listeners.tell();
      await turn();
    });
    assert.deepEqual([heard, lines.length], [1, 2]);
  }
});
