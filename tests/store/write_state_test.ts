import assert from "node:assert/strict";
import { readCopy } from "../../src/store/state_contents.ts";
import { writeState } from "../../src/store/write_state.ts";
import { isThere } from "../../src/store/state_file.ts";
import { keys } from "../../src/store/keys.ts";
import { temporaryState } from "./temporary_state.ts";

const schema = { key: keys.schema, value: 3 };

Deno.test("a state that is being written has its name when it is complete, and what a killed process left is no hindrance", async () => {
  await using state = await temporaryState();
  await Deno.writeTextFile(`${state.path}.partial`, "half");
  const seen: Promise<boolean>[] = [];
  const looks = {
    key: ["looks"],
    get value() {
      seen.push(isThere(state.path));
      return "{}";
    },
  };
  await writeState(state.path, { commits: 7, mutations: [schema, looks] });
  assert.deepEqual(new Set(await Promise.all(seen)), new Set([false]));
  const { commits, mutations } = await readCopy(state.path);
  assert.deepEqual([commits > 7, mutations.length], [true, 2]);
  await assert.rejects(writeState(state.path, { commits: 0, mutations: [] }), Deno.errors.AlreadyExists);
  const names = Array.from(Deno.readDirSync(state.directory), ({ name }) => name);
  assert.deepEqual(names.filter((name) => name.includes("partial")), []);
});
