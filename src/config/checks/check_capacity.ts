/** Whether what a label keeps ready, and one node with its subnodes, can be held by the providers that supply it. */
import { countText } from "../../domain/count_text.ts";
import { lacksImage } from "../left_out.ts";
import type { ConfigDraft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

type LabelDraft = NonNullable<ConfigDraft["labels"]>[number];

export function checkCapacity({ labels = [], providers = [] }: ConfigDraft, findings: Findings): void {
  labels.forEach((label, index) => {
    const room = new Map(
      providers.map((provider) => [
        provider.name,
        lacksImage(provider, label.image) ? 0 : provider["max-servers"],
      ]),
    );
    const wanted = (label["min-ready"] ?? 0) * (1 + (label.subnodes ?? 0));
    const at = ["labels", index, "min-ready"];
    checkSize(label, { at: ["labels", index, "subnodes"], room, findings });
    const capacity = capacityFor(label, room);
    if (capacity !== null && wanted > capacity) {
      findings.warning(
        at,
        `keeps ${countText(wanted, "server")} ready, but its providers together hold at most ${capacity}`,
      );
    }
    const cap = label["max-servers"];
    if (cap !== undefined && wanted > cap) {
      findings.warning(
        at,
        `keeps ${countText(wanted, "server")} ready, but the label's own max-servers is ${cap}`,
      );
    }
  });
}

/** A node and its subnodes are launched on one provider. */
function checkSize(
  label: LabelDraft,
  { at, room, findings }: {
    at: (string | number)[];
    room: ReadonlyMap<string | undefined, number | undefined>;
    findings: Findings;
  },
): void {
  const size = 1 + (label.subnodes ?? 0);
  if (size === 1) return;
  const rooms = (label.providers ?? []).map((provider) => room.get(provider.name) ?? Infinity);
  // One that is retired, or holds nothing for now, says nothing of how large nodes may be.
  const largest = Math.max(...rooms);
  if (largest > 0 && size > largest) {
    findings.warning(at, `a node is ${size} servers, but none of its providers holds more than ${largest}`);
  }
  const cap = label["max-servers"];
  if (cap !== undefined && size > cap) {
    findings.warning(at, `a node is ${size} servers, but the label's own max-servers is ${cap}`);
  }
}

/** Null where it is not known: a provider is missing or wrong, or none is named, which is told elsewhere. */
function capacityFor(
  label: LabelDraft,
  room: ReadonlyMap<string | undefined, number | undefined>,
): number | null {
  if (!label.providers?.length) return null;
  let sum = 0;
  for (const name of new Set(label.providers.map((provider) => provider.name))) {
    const servers = room.get(name);
    if (servers === undefined) return null;
    sum += Math.max(0, servers);
  }
  return sum;
}
