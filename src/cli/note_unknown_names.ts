/**
 * Says on standard error if nothing has a name by which an empty list was narrowed: a typing mistake would look like
 * an empty pool. The exit code stays, since the name may be of something no longer, or not yet, configured.
 */
import type { PoolClient } from "../control/pool_client.ts";
import { suggest } from "../lib/suggest.ts";
import type { ViewFilter } from "../views/view_filter.ts";
import type { CliIo } from "./cli_io.ts";
import { writeLine } from "./write_line.ts";

/** @param options `images`: the kind of thing that `image` names */
export async function noteUnknownNames(
  pool: PoolClient,
  { filter: { provider, label, image }, images = "image" }: {
    filter: Pick<ViewFilter, "provider" | "label" | "image">;
    images?: "image" | "diskimage";
  },
  { stderr }: Pick<CliIo, "stderr">,
): Promise<void> {
  for (const [kind, name] of [["provider", provider], ["label", label], [images, image]] as const) {
    if (name === undefined) continue;
    // An older daemon does not know the question.
    const answer = await pool.ask("completions", { kind, prefix: "" }).catch(() => null);
    const known = answer?.values.map(({ value }) => value) ?? [];
    // None at all: the configuration has not been read.
    if (known.length === 0 || known.includes(name)) continue;
    writeLine(stderr, `nodepool: there is no ${kind} ${name}${suggest(name, known)}`);
  }
}
