import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import { ImageInventory } from "../../src/domain/image_inventory.ts";
import type { CloudImage, Server } from "../../src/domain/server.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { AbsenceProofs } from "../../src/tasks/absence_proofs.ts";
import type { Expected } from "../../src/tasks/list_expected.ts";
import { inventory, NOW, sampleCloudImage, server } from "../plan/plan_fixtures.ts";

type Answer = Server | CloudImage | "gone" | Error;

const failure = new CloudError("unavailable", "no answer", { effect: "none" });

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);
const expected = (id: string, use: Expected["use"] = "waiting", kind: Expected["kind"] = "server") => (
  { kind, id, since: NOW - MINUTE, use }
);

/** Everything is missing from an empty listing of just now; looks are answered as `answers` says, else `gone`. */
function proofsKit(wanted: readonly Expected[]) {
  const clock = new VirtualClock(NOW);
  const servers = inventory([], NOW);
  const images = new ImageInventory();
  images.apply({ takenAt: NOW, value: [] });
  const asked: string[] = [];
  const answers = new Map<string, Answer>();
  const look = (id: string) => {
    asked.push(id);
    const answer = answers.get(id) ?? "gone";
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as never);
  };
  let all = wanted;
  const proofs = new AbsenceProofs({
    cloud: { getServer: look, getImage: look },
    clock,
    inventory: servers,
    images,
    expected: () => all,
  });
  const { signal } = new AbortController();
  return {
    clock,
    inventory: servers,
    images,
    answers,
    proofs,
    expect(next: readonly Expected[]) {
      all = next;
    },
    list(...listed: readonly Server[]) {
      const startedAt = clock.now();
      servers.apply({ kind: "complete", startedAt, cloudTime: startedAt, cloudAhead: null, servers: listed });
      proofs.survey();
    },
    /** Looks up what is due, once. @returns what was asked for, and how long until the next time */
    async prove() {
      asked.length = 0;
      const next = await proofs.prove(signal);
      return { asked: [...asked], next: next - clock.now() };
    },
  };
}

Deno.test("nothing that is listed, deleted, or not to be listed yet is missing", async () => {
  const kit = proofsKit([expected("s1"), expected("s2"), { ...expected("s3"), since: NOW + 1 }]);
  kit.list(server("s1"));
  kit.inventory.noteGone("s2");
  assert.deepEqual(await kit.prove(), { asked: [], next: Infinity });
  assert.equal(kit.proofs.missing, null);
});

Deno.test("a few that are missing are looked up at once, and are gone where the cloud says so", async () => {
  const kit = proofsKit(numbered(3).map((id) => expected(id)));
  kit.proofs.survey();
  assert.deepEqual(kit.proofs.missing, {
    servers: 3,
    images: 0,
    found: 0,
    since: NOW,
    isDoubtful: false,
    isLooking: false,
  });
  assert.deepEqual(await kit.prove(), { asked: numbered(3), next: Infinity });
  assert.ok(numbered(3).every((id) => kit.inventory.isAbsent(id)));
  assert.equal(kit.proofs.missing, null);
});

Deno.test("at most five are looked up in a minute, one after the other as they go missing", async () => {
  const kit = proofsKit([]);
  let looks = 0;
  for (let second = 0; second < 60; second += 10) {
    kit.expect([expected(`a${second}`), expected(`b${second}`)]);
    looks += (await kit.prove()).asked.length;
    await kit.clock.advance(10 * SECOND);
  }
  assert.equal(looks, 5);
});

Deno.test("what is being deleted is looked up at once, however many looks there were, and takes none of theirs", async () => {
  const waiting = numbered(3).map((id) => expected(id));
  const kit = proofsKit(waiting);
  await kit.prove();
  for (const round of ["a", "b", "c", "d"]) {
    const deleting = [expected(`s${round}`, "deleting"), expected(`i${round}`, "deleting", "image")];
    kit.expect([...waiting, ...deleting]);
    assert.deepEqual(await kit.prove(), { asked: [`s${round}`, `i${round}`], next: Infinity });
  }
  kit.expect(["s7", "s8", "s9"].map((id) => expected(id)));
  assert.deepEqual(await kit.prove(), { asked: ["s7", "s8"], next: MINUTE });
});

Deno.test("more than five at once are doubtful, and are looked up at once until none is left", async () => {
  const kit = proofsKit(numbered(120).map((id) => expected(id)));
  const counts: number[] = [];
  kit.proofs.survey();
  assert.deepEqual([kit.proofs.missing?.isDoubtful, kit.proofs.missing?.isLooking], [true, true]);
  for (let next = 0; next === 0;) {
    const round = await kit.prove();
    counts.push(round.asked.length);
    next = round.next;
  }
  assert.deepEqual([counts, kit.proofs.missing], [[50, 50, 20], null]);
});

Deno.test("what is being deleted is looked up first and doubts nothing, what somebody works on last", async () => {
  const deleting = numbered(10).map((id) => expected(id, "deleting"));
  const kit = proofsKit([expected("used", "working"), expected("ready"), ...deleting]);
  kit.proofs.survey();
  assert.deepEqual([kit.proofs.missing?.servers, kit.proofs.missing?.isDoubtful], [2, false]);
  assert.deepEqual((await kit.prove()).asked, [...numbered(10), "ready", "used"]);
});

Deno.test("a listing that lacks what a look finds is doubtful until one has it", async () => {
  const kit = proofsKit([expected("s7")]);
  kit.answers.set("s7", server("s7"));
  assert.deepEqual(await kit.prove(), { asked: ["s7"], next: 5 * MINUTE });
  assert.deepEqual([kit.proofs.missing?.found, kit.proofs.missing?.isDoubtful], [1, true]);
  assert.ok(kit.inventory.servers.has("s7"));
  await kit.clock.advance(MINUTE);
  kit.list();
  assert.deepEqual(await kit.prove(), { asked: [], next: 4 * MINUTE });
  kit.list(server("s7"));
  assert.equal(kit.proofs.missing, null);
});

Deno.test("what is built or deleted is looked up every minute, though it was found", async () => {
  for (const use of ["building", "deleting"] as const) {
    const kit = proofsKit([expected("s7", use)]);
    kit.answers.set("s7", server("s7", { status: "BUILD" }));
    assert.deepEqual(await kit.prove(), { asked: ["s7"], next: MINUTE });
  }
});

Deno.test("a found server that goes later is found to be gone", async () => {
  const kit = proofsKit([expected("s7")]);
  kit.answers.set("s7", server("s7", { name: "", status: "UNKNOWN" }));
  await kit.prove();
  assert.equal(kit.inventory.servers.get("s7")?.status, "UNKNOWN");
  kit.answers.set("s7", "gone");
  await kit.clock.advance(5 * MINUTE);
  assert.deepEqual(await kit.prove(), { asked: ["s7"], next: Infinity });
  assert.ok(kit.inventory.isAbsent("s7"));
});

Deno.test("a look without an answer proves nothing, and a cloud that answers none is left alone for a minute", async () => {
  const kit = proofsKit(numbered(100).map((id) => expected(id)));
  for (const id of numbered(100)) kit.answers.set(id, failure);
  const { asked, next } = await kit.prove();
  assert.deepEqual([asked.length, next], [50, MINUTE]);
  assert.deepEqual([kit.proofs.missing?.servers, kit.proofs.missing?.isLooking], [100, false]);
  assert.deepEqual((await kit.prove()).asked, []);
  await kit.clock.advance(MINUTE);
  assert.equal((await kit.prove()).asked.length, 50);
});

Deno.test("images are looked up like servers", async () => {
  const kit = proofsKit([expected("i1", "waiting", "image"), expected("i2", "waiting", "image")]);
  const image = sampleCloudImage({ id: "i1" });
  kit.answers.set("i1", image);
  await kit.prove();
  assert.deepEqual(kit.images.sightings?.value, [image]);
  assert.deepEqual([...kit.images.sightings!.gone], ["i2"]);
  assert.deepEqual([kit.proofs.missing?.images, kit.proofs.missing?.found], [1, 1]);
});

Deno.test("what no record names any more is not looked up, and is forgotten", async () => {
  const kit = proofsKit([expected("s7")]);
  kit.answers.set("s7", server("s7"));
  await kit.prove();
  kit.expect([]);
  await kit.clock.advance(5 * MINUTE);
  assert.deepEqual(await kit.prove(), { asked: [], next: Infinity });
  assert.deepEqual([kit.proofs.missing, kit.inventory.servers.has("s7")], [null, false]);
});
