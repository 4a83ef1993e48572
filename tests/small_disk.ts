/** A disk that is soon full, for tests of what happens then. Needs `mount`. */
import assert from "node:assert/strict";

/** An empty file system of a few MiB. */
export async function smallDisk(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "nodepool-disk-" });
  const run = (command: string, ...args: string[]) => new Deno.Command(command, { args }).output();
  assert.ok((await run("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", path)).success);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await run("umount", path);
      await Deno.remove(path);
    },
  };
}

/** Writes until nothing fits any more. */
export async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  for (const size of [1_048_576, 4_096, 1]) {
    const block = new Uint8Array(size);
    while (await file.write(block).then((written) => written === size, () => false));
  }
}
