/**
 * Rewrites the deno.json in the working directory so that `deno install` installs what the program can reach and no
 * tool or test library. Reads the output of `deno info --json mod.ts` from standard input; scripts/compile calls it.
 */

interface Graph {
  /** One that could not be loaded has an error, as of a package that could not be fetched. */
  readonly modules: readonly { readonly error?: string }[];
  /** From the specifier as deno.json has it to the one that it became. */
  readonly redirects: Record<string, string>;
}

const graph: Graph = await new Response(Deno.stdin.readable).json();
const broken = graph.modules.find(({ error }) => error !== undefined);
if (broken !== undefined) {
  const registry = Deno.env.get("NPM_CONFIG_REGISTRY") ?? "the npm registry";
  console.error(`scripts/compile: ${broken.error}; is ${registry} reachable?`);
  Deno.exit(1);
}
const config = JSON.parse(await Deno.readTextFile("deno.json"));
config.imports = Object.fromEntries(
  Object.entries<string>(config.imports).filter(([, target]) => target in graph.redirects),
);
await Deno.writeTextFile("deno.json", JSON.stringify(config, null, 2));
