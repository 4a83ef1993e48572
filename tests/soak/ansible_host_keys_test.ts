/**
 * Ansible logs in to the hosts of both inventories with its host key checking as it comes: it trusts the keys that the pool
 * has recorded, and nothing else. A real OpenSSH server is the node.
 */
import assert from "node:assert/strict";
import { renderInventory } from "../../src/cli/acquired_text.ts";
import { viewAcquiredNodes } from "../../src/views/acquired_nodes.ts";
import { viewInventory } from "../../src/views/inventory.ts";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { shellQuote } from "../../src/lib/shell_quote.ts";
import { missingNeed, type Need, testNeeding } from "../needs.ts";
import { opensshNeeds, type OpensshServer, startOpensshServer } from "../ssh/openssh_server.ts";
import { sampleConfig, sampleReport } from "../views/sample_pool.ts";

const needs: readonly Need[] = [...opensshNeeds, "ansible", "ssh"];

/** A pool of used nodes that are all the server, by hostname: their addresses, and the keys that were recorded of them. */
function poolOf(server: OpensshServer, hosts: Readonly<Record<string, Host>>): PoolReport {
  const node = sampleReport().nodes.find(({ id }) => id === 4)!;
  const config = sampleConfig();
  const images = { connectionPort: server.port, username: server.username };
  return sampleReport({
    config: {
      ...config,
      providers: config.providers.map((provider) => ({
        ...provider,
        images: provider.images.map((image) => ({ ...image, ...images })),
      })),
    },
    nodes: Object.entries(hosts).map(([hostname, { address, hostKeys }], id) => ({
      ...node,
      id,
      hostname,
      hostKeys,
      addresses: { ...node.addresses!, login: address },
    })),
  });
}

interface Host {
  readonly address: string;
  readonly hostKeys: readonly string[];
}

/** What each inventory is, as Ansible gets it. */
const inventories: Readonly<Record<string, (report: PoolReport) => string>> = {
  "the dynamic inventory": (report) =>
    `#!/bin/sh\nprintf %s ${shellQuote(JSON.stringify(viewInventory(report)))}\n`,
  "the inventory of acquired nodes": (report) =>
    renderInventory(
      viewAcquiredNodes(report.nodes, { request: 7, config: report.config, pool: report.nodes }),
      { knownHosts: null },
    ),
};

for (const [name, render] of Object.entries(inventories)) {
  testNeeding(
    needs,
    `Ansible checks host keys with ${name}, and logs in to the nodes that have them`,
    async () => {
      await using server = await startOpensshServer({ hostKeyTypes: ["ed25519", "rsa"] });
      const home = await Deno.makeTempDir({ prefix: "nodepool ansible " });
      try {
        const own = Object.values(server.hostKeys);
        const hosts = render(poolOf(server, {
          own: { address: "127.0.0.1", hostKeys: own },
          ...(missingNeed(["ipv6"]) === null && { ipv6: { address: "::1", hostKeys: own } }),
          other: { address: "127.0.0.1", hostKeys: own.map(otherKey) },
        }));
        await Deno.writeTextFile(`${home}/hosts`, hosts, { mode: hosts.startsWith("#!") ? 0o700 : 0o600 });
        await Deno.writeTextFile(`${home}/key`, server.privateKey, { mode: 0o600 });
        const said = await ansible(home, [
          "all",
          "-i",
          `${home}/hosts`,
          "--private-key",
          `${home}/key`,
          "-m",
          "ping",
        ]);
        for (const host of missingNeed(["ipv6"]) === null ? ["own", "ipv6"] : ["own"]) {
          assert.match(said, new RegExp(`^${host} \\| SUCCESS => [^]*?"ping": "pong"`, "m"));
        }
        assert.match(said, /^other \| UNREACHABLE! => [^]*?Host key verification failed/m);
      } finally {
        await Deno.remove(home, { recursive: true });
      }
    },
  );
}

/** A key of the same type that nobody has. */
function otherKey(key: string): string {
  return `${key.slice(0, -8)}AAAAAAAA`;
}

/** As it is installed: nothing here tells it to trust anybody. */
async function ansible(home: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("ansible", {
    args: [...args],
    env: {
      HOME: home,
      LC_ALL: "C.UTF-8",
      // An sshd without root has no terminal to give.
      ANSIBLE_SSH_USETTY: "no",
      ANSIBLE_NOCOLOR: "1",
      ANSIBLE_SSH_ARGS: "-C -o ControlMaster=no",
    },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}
