/**
 * Says on standard error that nothing has a name which an empty list was narrowed by: a slip would look like an empty pool.
 * What is printed and the exit code stay, since a name may be of something that is no longer, or not yet, configured.
 */
import type { PoolClient } from "../control/pool_client.ts";
import { suggest } from "../lib/suggest.ts";
import type { CompletionKind } from "../views/completions.ts";
import type { FilterName, ViewFilter } from "../views/view_filter.ts";
import type { CliIo } from "./cli_io.ts";
import { writeLine } from "./write_line.ts";

export async function noteUnknownNames(
  pool: PoolClient,
  { filter, images = "image" }: {
    filter: Pick<ViewFilter, "provider" | "label" | "image">;
    /** The kind of thing that `image` names. */
    images?: "image" | "diskimage";
  },
  { stderr }: Pick<CliIo, "stderr">,
): Promise<void> {
  const kinds: Partial<Record<FilterName, CompletionKind>> = {
    provider: "provider",
    label: "label",
    image: images,
  };
  for (const [key, kind] of Object.entries(kinds)) {
    const name = filter[key as keyof typeof filter];
    if (name === undefined) continue;
    // An older daemon does not know the question.
    const answer = await pool.ask("completions", { kind, prefix: "" }).catch(() => null);
    const known = answer?.values.map(({ value }) => value) ?? [];
    // None at all: the configuration has not been read.
    if (known.length === 0 || known.includes(name)) continue;
    writeLine(stderr, `nodepool: there is no ${kind} ${name}${suggest(name, known)}`);
  }
}
