/** A second daemon of a pool on one machine, and who has the address that it wants. */
import assert from "node:assert/strict";
import { OtherDaemonError } from "../../src/cli/cli_error.ts";
import { whoseAddress } from "../../src/daemon/check_alone.ts";

Deno.test("an address in use is another daemon's where one listens on this machine, else another program's", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-alone-" });
  const state = "etcd:http://e1:2379/ci";
  const env = (name: string) => name === "XDG_RUNTIME_DIR" ? folder : undefined;
  const inUse = new Error("cannot listen", { cause: new Deno.errors.AddrInUse() });
  const other = new Error("cannot listen", { cause: new Deno.errors.AddrNotAvailable() });
  try {
    assert.equal(await whoseAddress(inUse, state, env), inUse);
    using _listener = Deno.listen({ transport: "unix", path: `${folder}/nodepool-ci.sock` });
    const error = await whoseAddress(inUse, state, env);
    assert.ok(error instanceof OtherDaemonError);
    assert.match(
      error.message,
      /^a daemon of the pool ci runs on this machine already and listens on .*\.sock: stop/,
    );
    assert.equal(await whoseAddress(other, state, env), other);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
