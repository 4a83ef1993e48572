/** Each test belongs to one of deno.json's tasks: `test`, which is quick, `soak` or `machines`; or to the real OpenStack's. */
import { deepEqual } from "node:assert/strict";

const root = new URL("../../", import.meta.url);
const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));

/** Whether the task runs what is at the path. */
function runs(task: string, path: string): boolean {
  const words: string[] = tasks[task].command.split(" ");
  const ignored = words.find((word) => word.startsWith("--ignore="))?.slice("--ignore=".length).split(",");
  const isBelow = (folder: string) => path.startsWith(`${folder}/`) || path === folder;
  return words.some((word) => word.startsWith("tests") && isBelow(word)) && !(ignored ?? []).some(isBelow);
}

function* testsBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* testsBelow(`${folder}/${name}`);
    else if (name.endsWith("_test.ts")) yield `${folder}/${name}`;
  }
}

Deno.test("no test is left out by the tasks that run tests, and none is run by two", () => {
  const places = (path: string) => [
    ...["test", "soak", "machines"].filter((task) => runs(task, path)),
    ...path.startsWith("tests/openstack/") ? ["openstack"] : [],
  ];
  deepEqual([...testsBelow("tests")].filter((path) => places(path).length !== 1), []);
});
