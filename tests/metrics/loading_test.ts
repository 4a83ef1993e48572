/** Who loads the Prometheus client: the daemon, and nobody else. */
import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    readonly npmPackage?: string;
    readonly isDynamic?: boolean;
  }[];
}

async function graphOf(path: string): Promise<ReadonlyMap<string, Module>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", path], cwd: root })
    .output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: readonly Module[] };
  return new Map(modules.map((module) => [module.specifier, module]));
}

/** All that is loaded with a file at once. */
function loadedWith(path: string, graph: ReadonlyMap<string, Module>): ReadonlySet<string> {
  const found = new Set<string>([new URL(path, root).href]);
  for (const specifier of found) {
    for (const { code, isDynamic } of graph.get(specifier)?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) found.add(code.specifier);
    }
  }
  return found;
}

Deno.test("only the daemon loads the Prometheus client: no list, no --version, no command that works without a daemon", async () => {
  const graph = await graphOf("mod.ts");
  const loads = (path: string) =>
    [...loadedWith(path, graph)].some((specifier) => specifier.includes("@prometheus-io/client"));
  assert.equal(loads("src/daemon/daemon.ts"), true);
  for (const path of ["mod.ts", "src/cli/main.ts", "src/offline_pool.ts", "src/foreground_pool.ts"]) {
    assert.ok(graph.has(new URL(path, root).href), path);
    assert.equal(loads(path), false, path);
  }
});
