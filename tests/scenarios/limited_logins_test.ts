/**
 * Servers whose firewall lets in fewer than six connections in 30 s from one address, and none while more are tried, as
 * `ufw limit ssh` and STIG's hardened images have it: they are as good as others.
 */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { LoginError, type LoginTarget, type Shell } from "../../src/ssh/shell.ts";
import { stateName } from "../../src/domain/node.ts";
import { imageConfig, readyImages } from "./image_pool.ts";
import { poolConfig, VirtualPool, type VirtualPoolOptions } from "./virtual_pool.ts";

const WINDOW = 30 * SECOND;
const MOST = 5;

/** A shell to servers that have such a firewall, and no SSH server until so long after the first connection. */
function limited(shell: Shell, { clock, gap }: { clock: Clock; gap: number }): Shell {
  const seen = new Map<string, number[]>();
  const knock = ({ address }: LoginTarget) => {
    const now = clock.now();
    const times = seen.get(address) ?? [];
    seen.set(address, [...times, now]);
    const isLimited = times.filter((at) => at >= now - WINDOW).length >= MOST;
    if (isLimited || now < (times[0] ?? now) + gap) throw new LoginError("network", "connection refused");
  };
  return {
    async connect(target, options) {
      knock(target);
      return await shell.connect(target, options);
    },
    async login(target, options) {
      knock(target);
      return await shell.login(target, options);
    },
  };
}

function limitedPool(gap: number, options: VirtualPoolOptions): Promise<VirtualPool> {
  return VirtualPool.start({
    ...options,
    changeDeps: (deps) => ({ ...deps, shell: limited(deps.shell, { clock: deps.clock, gap }) }),
  });
}

for (const [gap, label] of [[4, "ready-script: prepare.sh"], [4, "subnodes: 1"], [10, ""]] as const) {
  Deno.test(`a server whose firewall limits logins gets ready where SSH begins after ${gap} s (${label})`, async () => {
    await using virtual = await limitedPool(gap * SECOND, {
      config: "script-dir: /scripts\n" + poolConfig({ minReady: 1, label }),
    });
    await virtual.until(
      () => virtual.pool.report().nodes.some((node) => stateName(node) === "ready"),
      5 * MINUTE,
    );
    const { nodes } = virtual.pool.report();
    assert.deepEqual([nodes[0]?.id, nodes[0] && stateName(nodes[0])], [1, "ready"]);
  });
}

Deno.test("an image is set up on a server whose firewall limits logins", async () => {
  await using virtual = await limitedPool(4 * SECOND, {
    config: imageConfig({ built: [], prepared: ["noble"] }),
  });
  await virtual.until(() => readyImages(virtual, "simulator", "noble").length > 0, 20 * MINUTE);
  assert.deepEqual(readyImages(virtual, "simulator", "noble").map(({ id }) => id), [1]);
});
