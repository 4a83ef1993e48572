import assert from "node:assert/strict";
import type { Failure, LookName } from "../../src/domain/observation.ts";
import type { NewEvent } from "../../src/domain/pool_event.ts";
import { TroubleLog } from "../../src/tasks/trouble_log.ts";

function troubleLog() {
  const told: NewEvent[] = [];
  const log = new TroubleLog("alpha", (event) => void told.push(event));
  const note = (troubles: Partial<Record<LookName, Failure>> = {}) => {
    log.note({ troubles: new Map(Object.entries(troubles) as [LookName, Failure][]), frozen: null });
    return told.splice(0).map(({ kind, labels }) => `${kind} ${labels?.["look"]}`);
  };
  return note;
}

let attempt = 0;
const failure = (kind: Failure["kind"]): Failure => ({
  kind,
  message: `listing servers: ${kind} (req-${++attempt})`,
  since: 0,
});

Deno.test("a provider that stays down for the same reason is one event, whatever each attempt's message says", () => {
  const note = troubleLog();
  assert.deepEqual(note({ servers: failure("unauthorized") }), ["provider.down servers"]);
  for (let retry = 0; retry < 5; retry++) assert.deepEqual(note({ servers: failure("unauthorized") }), []);
  assert.deepEqual(note({ servers: failure("unavailable") }), ["provider.down servers"]);
  assert.deepEqual(note({ servers: failure(undefined) }), ["provider.down servers"]);
  assert.deepEqual(note({ servers: failure(undefined) }), []);
  assert.deepEqual(note(), ["provider.up servers"]);
  assert.deepEqual(note(), []);
  assert.deepEqual(note({ servers: failure("unauthorized") }), ["provider.down servers"]);
});

Deno.test("looks that fail as the provider itself does are no events of their own, nor once it answers", () => {
  const note = troubleLog();
  const flavors = failure("unauthorized");
  assert.deepEqual(note({ servers: failure("unauthorized"), flavors }), ["provider.down servers"]);
  assert.deepEqual(note({ flavors }), ["provider.up servers"], "flavors have not been tried since");
  assert.deepEqual(note({ flavors: failure("unauthorized") }), ["provider.down flavors"], "they still fail");
  assert.deepEqual(note(), ["provider.up flavors"]);
});

Deno.test("a look that failed before its provider did is told once, and when it works again", () => {
  const note = troubleLog();
  assert.deepEqual(note({ quota: failure("timeout") }), ["provider.down quota"]);
  assert.deepEqual(note({ servers: failure("timeout"), quota: failure("timeout") }), [
    "provider.down servers",
  ]);
  assert.deepEqual(note({ quota: failure("timeout") }), ["provider.up servers"]);
  assert.deepEqual(note(), ["provider.up quota"]);
});

Deno.test("an event says once that a provider is frozen, and why", () => {
  const told: NewEvent[] = [];
  const log = new TroubleLog("alpha", (event) => void told.push(event));
  log.note({ troubles: new Map(), frozen: "frozen: another daemon uses a copy of this state" });
  assert.equal(told[0]!.message, "provider alpha: frozen: another daemon uses a copy of this state");
});
