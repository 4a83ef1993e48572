/**
 * Rewrites the deno.json in the working directory so that `deno install` installs what the program can reach and no
 * tool or test library. Reads the output of `deno info --json mod.ts` from standard input; scripts/compile calls it.
 */

interface Graph {
  /** From the specifier as deno.json has it to the one that it became. */
  readonly redirects: Record<string, string>;
}

const graph: Graph = await new Response(Deno.stdin.readable).json();
const config = JSON.parse(await Deno.readTextFile("deno.json"));
config.imports = Object.fromEntries(
  Object.entries<string>(config.imports).filter(([, target]) => target in graph.redirects),
);
await Deno.writeTextFile("deno.json", JSON.stringify(config, null, 2));
