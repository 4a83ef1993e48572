/** `labels[]`: what users ask for. */
import type { LabelConfig } from "../../domain/config.ts";
import type * as v from "valibot";
import { described, durationOrNone, integer, list, maybe, nameText, optional, text } from "./fields.ts";
import { fieldsOf, section } from "./section.ts";

/** A node and its subnodes are stored at once, and the store writes only this many records at once. */
const MOST_SUBNODES = 200;

export const labelSection = section({
  name: described(nameText(), "What users ask for."),
  image: described(nameText(), "Name of the provider image that backs it."),
  "min-ready": optional(
    integer({ min: -1, max: 100_000, orLess: true }),
    2,
    "Nodes kept ready; 0: only on demand; -1: disabled.",
  ),
  subnodes: optional(integer({ min: 0, max: MOST_SUBNODES }), 0, "Additional servers booted with each node."),
  "ready-script": maybe(text("the name of a script"), "Run on the node before it is ready."),
  providers: list(
    section({ name: described(nameText(), "Name of a provider.") }),
    "Providers that may supply its nodes.",
  ),
  "max-ready-age": optional(
    durationOrNone(),
    0,
    "A ready node older than this is replaced; 0: never. Seconds, or e.g. 8h.",
  ),
  "max-servers": maybe(integer({ min: 0 }), "Maximum number of servers of this label, over all providers."),
});

export type LabelSection = v.InferOutput<typeof labelSection>;

export function labelConfig(label: LabelSection): LabelConfig {
  const fields = fieldsOf(labelSection, label);
  return {
    ...fields,
    minReady: Math.max(-1, fields.minReady),
    providers: [...new Set(fields.providers.map(({ name }) => name))],
  };
}
