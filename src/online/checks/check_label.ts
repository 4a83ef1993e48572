/** Whether the daemon would launch a node of the label there now: by the daemon's own planning. */
import { isMade, type LabelConfig } from "../../domain/config.ts";
import { describeObstacle } from "../../domain/describe_obstacle.ts";
import { isObstacle, type Obstacle } from "../../domain/obstacle.ts";
import { INSTALLATION_KEY } from "../../domain/server_marks.ts";
import { planAllocation } from "../../plan/allocation.ts";
import { findOffer, type LaunchOffer, offerBaseImage, openCatalog } from "../../plan/offers.ts";
import { costOf, roomOf } from "../../plan/provider_room.ts";
import { failure, type Finding, ok, warning } from "../finding.ts";
import type { Look } from "../look.ts";

/** @param stops what has been found to stop launches of the label */
export function checkLabel(label: LabelConfig, look: Look, stops: readonly Finding[]): Finding {
  const about = { check: "label", subject: label.name } as const;
  const { provider } = look;
  // A user who sets it so means it.
  if (provider.maxServers <= 0) return warning(about, `no launches: max-servers is ${provider.maxServers}`);
  if (stops.length > 0) {
    const checks = [...new Set(stops.map(({ check }) => check))];
    return failure(about, `no launch would succeed; see ${checks.join(", ")}`);
  }
  const offer = offerFor(label, look);
  if (isObstacle(offer)) return failure(about, describeObstacle(offer, look));
  const full = whyFull(label, offer, look);
  if (full === null) return ok(about, `a node can be launched with ${offer.flavor.name}`);
  const own = countOwn(look);
  if (own === 0) return failure(about, `no room: ${full}`);
  return warning(about, `no room now: ${full}; ${own} of the servers are nodepool's`);
}

function offerFor(label: LabelConfig, look: Look): LaunchOffer | Obstacle {
  const { provider, local } = look;
  const situation = { ...look, ...NOTHING_YET, config: local, faults: local.faults };
  const image = provider.images.find(({ name }) => name === label.image);
  const catalog = openCatalog(provider, situation);
  if (image !== undefined && isMade(image) && image.baseImage !== null && !isObstacle(catalog)) {
    const builder = offerBaseImage(provider, image, catalog);
    if (isObstacle(builder)) return builder;
  }
  return findOffer(label, provider, situation);
}

/** A pool that has neither servers nor failures; `current` stands for each image that it is to make. */
const NOTHING_YET = {
  asking: false,
  pause: undefined,
  building: 0,
  current: () => ({ externalId: "not made yet" }),
};

/** Why one node has no room; null: it has. */
function whyFull(label: LabelConfig, offer: LaunchOffer, look: Look): string | null {
  const { provider, seen } = look;
  const { refusals } = planAllocation({
    labels: [{
      name: label.name,
      demand: 1,
      spare: 0,
      size: 1 + label.subnodes,
      cap: null,
      served: 0,
      offers: [{ provider: provider.name, cost: costOf(offer) }],
      targets: [],
    }],
    providers: [roomOf(provider, { nodes: [], seen })],
  });
  const reasons = refusals.flatMap((refusal) =>
    refusal.reasons.map(({ obstacle }) => describeObstacle(obstacle, look))
  );
  return reasons.length === 0 ? null : reasons.join("; ");
}

function countOwn({ seen: { inventory } }: Look): number {
  return [...inventory.servers.values()].filter(({ metadata }) => INSTALLATION_KEY in metadata).length;
}
