/** Stores what a plan launches: nodes with their subnodes, all of a group or nothing, and subnodes that nodes miss. */
import type { Config } from "../domain/config.ts";
import { findTarget } from "../domain/hand_over.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import type { Instant } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { newNode, newSubnode } from "../plan/new_node.ts";
import type { LaunchOffer } from "../plan/offers.ts";
import type { Launch } from "../plan/plan_launches.ts";
import type { SubnodeLaunch } from "../plan/plan_subnodes.ts";
import type { Edit } from "../store/draft.ts";
import type { Ledger } from "../store/ledger.ts";
import type { TurnEdits } from "./turn_edits.ts";

/** The hostname template of a pool without targets. */
const DEFAULT_HOSTNAME = "{label.name}-{provider.name}-{node_id}";
const DEFAULT_SUBNODE_HOSTNAME = "{label.name}-{provider.name}-{node_id}-{subnode_id}";

/** By which configuration it was planned, where what is stored is gathered, and where it is stored. */
export interface StoringTurn {
  readonly config: Config;
  readonly edits: TurnEdits;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
}

export async function storeLaunches(
  launches: readonly Launch[],
  { config, edits, ledger, clock, random }: StoringTurn,
): Promise<void> {
  if (launches.length === 0) return;
  let id = await ledger.takeIds("node", launches.reduce((sum, { label }) => sum + 1 + label.subnodes, 0));
  const now = clock.now();
  const numbered = launches.map((launch) => {
    const first = id;
    id += 1 + launch.label.subnodes;
    return { launch, id: first };
  });
  await edits.all(numbered.map(({ launch, id }) => ({
    of: { kind: "label", id: launch.label.name },
    store: () => {
      const group = newGroup(launch, { config, random, id, now });
      return ledger.edit((edit) => group.forEach((node) => edit.putNode(node)));
    },
  })));
}

export async function storeSubnodes(
  launches: readonly SubnodeLaunch[],
  { config, edits, ledger, clock }: StoringTurn,
): Promise<void> {
  if (launches.length === 0) return;
  const firstId = await ledger.takeIds("node", launches.length);
  const now = clock.now();
  await edits.all(launches.map((launch, index) => ({
    of: { kind: "node", id: launch.parent.id },
    store: () => ledger.edit((edit) => putSubnode(edit, { launch, config, id: firstId + index, now })),
  })));
}

/** A node and its subnodes, numbered from the id on. */
function newGroup(
  launch: Launch,
  { config, random, id, now }: Pick<StoringTurn, "config" | "random"> & { id: number; now: Instant },
): readonly NodeRecord[] {
  const { ofNodes, ofSubnodes } = templatesOf(config, launch.target);
  const zone = zoneFor(launch, random);
  const node = newNode(launch, { id, zone, now, hostnameTemplate: ofNodes });
  const subnodes = Array.from(
    { length: launch.label.subnodes },
    (_, index) =>
      newSubnode({ ...launch, parent: node }, { id: id + 1 + index, now, hostnameTemplate: ofSubnodes }),
  );
  return [node, ...subnodes];
}

function putSubnode(
  edit: Edit,
  { launch, config, id, now }: { launch: SubnodeLaunch; config: Config; id: number; now: Instant },
): void {
  // Its node may have been marked for deletion since the plan was made.
  const parent = edit.node(launch.parent.id);
  if (parent === null || stateName(parent) !== "building") return;
  const { ofSubnodes: hostnameTemplate } = templatesOf(config, parent.target);
  edit.putNode(newSubnode(launch, { id, hostnameTemplate, now }));
}

/** One of the provider's zones; null: the cloud chooses. */
export function zoneFor({ provider: { availabilityZones } }: LaunchOffer, random: Random): string | null {
  return availabilityZones.length === 0 ? null : random.pick(availabilityZones);
}

function templatesOf(config: Config, name: string): { ofNodes: string; ofSubnodes: string } {
  const target = findTarget(config, name);
  return {
    ofNodes: target?.hostname ?? DEFAULT_HOSTNAME,
    ofSubnodes: target?.subnodeHostname ?? DEFAULT_SUBNODE_HOSTNAME,
  };
}
