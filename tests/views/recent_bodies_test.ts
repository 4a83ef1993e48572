import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { RecentBodies } from "../../src/views/recent_bodies.ts";

const state = { tag: "a", now: 0 };

Deno.test("answers are made one at a time, and once for all who ask for the same meanwhile", async () => {
  const recent = new RecentBodies();
  let [making, most, made] = [0, 0, 0];
  const make = async () => {
    most = Math.max(most, ++making);
    await new Promise((resolve) => setImmediate(resolve));
    making--;
    return ++made;
  };
  const questions = ["/a", "/b", "/a", "/c", "/b", "/a"];
  const answers = await Promise.all(questions.map((question) => recent.get(question, state, make)));
  assert.deepEqual(answers, [1, 2, 1, 3, 2, 1]);
  assert.equal(most, 1);
});

Deno.test("an answer is kept for a second, unless what it says has changed; one that fails holds up no other", async () => {
  const recent = new RecentBodies();
  let made = 0;
  const make = () => ++made;
  const failed = recent.get("/failing", state, () => Promise.reject(new Error("broken")));
  assert.equal(await recent.get("/a", state, make), 1);
  await assert.rejects(failed, /broken/);
  assert.equal(await recent.get("/a", { ...state, now: SECOND - 1 }, make), 1);
  assert.equal(await recent.get("/a", { ...state, now: SECOND }, make), 2);
  assert.equal(await recent.get("/a", { tag: "b", now: SECOND }, make), 3);
});
