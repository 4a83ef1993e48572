/** Whether what a label keeps ready, and one node with its subnodes, can be held by the providers that supply it. */
import { countText } from "../../domain/count_text.ts";
import { lacksImage } from "../images_of_file.ts";
import type { ConfigDraft, LabelDraft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

/** The servers that each provider may hold, by its name; null: it lacks the image; undefined: it is wrong, which is told elsewhere. */
type Room = ReadonlyMap<string | undefined, number | null | undefined>;

export function checkCapacity({ labels = [], providers = [] }: ConfigDraft, findings: Findings): void {
  labels.forEach((label, index) => {
    const own = findings.at("labels", index);
    const room: Room = new Map(
      providers.map((provider) => [
        provider.name,
        lacksImage(provider, label.image) ? null : provider["max-servers"],
      ]),
    );
    checkSize(label, room, own);
    const wanted = (label["min-ready"] ?? 0) * (1 + (label.subnodes ?? 0));
    const kept = `keeps ${countText(wanted, "server")} ready, but`;
    const capacity = capacityFor(label, room);
    if (capacity !== null && wanted > capacity) {
      own.warning(["min-ready"], `${kept} its providers together hold at most ${capacity}`);
    }
    const cap = label["max-servers"];
    if (cap !== undefined && wanted > cap) {
      own.warning(["min-ready"], `${kept} the label's own max-servers is ${cap}`);
    }
  });
}

/** A node and its subnodes are launched on one provider. */
function checkSize(label: LabelDraft, room: Room, findings: Findings): void {
  const size = 1 + (label.subnodes ?? 0);
  if (size === 1) return;
  // One that is retired, or holds nothing for now, says nothing of how large nodes may be.
  const rooms = (label.providers ?? []).map(({ name }) => room.get(name));
  const largest = Math.max(...rooms.map((servers) => servers === undefined ? Infinity : servers ?? 0));
  if (largest > 0 && size > largest) {
    findings.warning(
      ["subnodes"],
      `a node is ${size} servers, but none of its providers holds more than ${largest}`,
    );
  }
  const cap = label["max-servers"];
  if (cap !== undefined && size > cap) {
    findings.warning(["subnodes"], `a node is ${size} servers, but the label's own max-servers is ${cap}`);
  }
}

/** Null where it is not known: a provider is missing or wrong, or none has the image, which is told elsewhere. */
function capacityFor({ providers = [] }: LabelDraft, room: Room): number | null {
  const rooms = [...new Set(providers.map(({ name }) => name))].map((name) => room.get(name));
  if (rooms.includes(undefined) || rooms.every((servers) => servers === null)) return null;
  return rooms.reduce<number>((sum, servers) => sum + Math.max(0, servers ?? 0), 0);
}
