import assert from "node:assert/strict";
import { parse } from "yaml";
import { errorChain } from "../../src/lib/error_chain.ts";
import { simulate } from "../../src/simulator/simulate.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

Deno.test("simulate() serves, writes a clouds.yaml that leads to it, and ends when told", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/simulator.yaml`, "clouds: [{name: alpha}, {name: beta}]\n");
    const end = new AbortController();
    const line = Promise.withResolvers<string>();
    const running = simulate({
      listen: LOOPBACK,
      config: `${folder}/simulator.yaml`,
      clouds: `${folder}/clouds.yaml`,
      sshPort: 0,
      signal: end.signal,
      print: line.resolve,
    });
    const printed = await line.promise;
    assert.match(
      printed,
      /^simulator: http:\/\/127\.0\.0\.1:\d+ \(clouds: alpha, beta\), servers' SSH on port \d+$/,
    );
    const { clouds } = parse(await Deno.readTextFile(`${folder}/clouds.yaml`));
    const response = await fetch(clouds.beta.auth.auth_url, { headers: { connection: "close" } });
    assert.equal((await response.json()).version.id, "v3.14");
    assert.equal((await Deno.stat(`${folder}/clouds.yaml`)).mode! & 0o777, 0o600);
    end.abort();
    await running;
    await assert.rejects(fetch(clouds.beta.auth.auth_url));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("simulate() refuses settings that are not there", async () => {
  const options = { listen: LOOPBACK, clouds: null, sshPort: 0, signal: new AbortController().signal };
  await assert.rejects(
    simulate({ ...options, config: "/nonexistent/simulator.yaml", print: () => {} }),
    (error) => {
      const why = "cannot be read: there is no such file";
      assert.equal(errorChain(error), `the simulator's settings /nonexistent/simulator.yaml ${why}`);
      return true;
    },
  );
});
