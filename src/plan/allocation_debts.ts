/**
 * The debts to labels that are behind in lasting overload. Labels compete that some provider could launch, and
 * through further labels all that they are linked with; each may have as large a part of what it asks for as the one
 * of them that was given most.
 */
import type { Grant, LabelAsk, ProviderRoom } from "./allocation_types.ts";

/** By position: whole nodes that the label is behind, as far as they meet whole requests. */
export function owedNodes(labels: readonly LabelAsk[]): number[] {
  const owed = labels.map(() => 0);
  for (const rivals of rivalries(labels)) {
    const most = Math.max(...rivals.map((at) => labels[at]!.served));
    for (const at of rivals) {
      const label = labels[at]!;
      const nodes = Math.floor((most - label.served) * weightOf(label) + ROUNDING) - (label.gathered ?? 0);
      owed[at] = wholeNodes(label, nodes);
    }
  }
  return owed;
}

/** Nodes of the requests that are yet to be met. */
export function weightOf({ demand, gathered = 0 }: LabelAsk): number {
  return demand + gathered;
}

/** How many of those nodes meet whole requests. */
export function wholeNodes({ steps }: LabelAsk, nodes: number): number {
  return steps === undefined ? nodes : steps.findLast((step) => step <= nodes) ?? 0;
}

/** Sums of parts are not exact. */
const ROUNDING = 1e-6;

/** Positions of labels that want nodes now and may have some, by whom they compete with. */
export function rivalries(labels: readonly LabelAsk[]): number[][] {
  let groups: { readonly providers: ReadonlySet<string>; readonly labels: number[] }[] = [];
  labels.forEach((label, at) => {
    if (!isContender(label)) return;
    const own = new Set(openProviders(label));
    const linked = groups.filter(({ providers }) => !providers.isDisjointFrom(own));
    groups = groups.filter((group) => !linked.includes(group));
    groups.push({
      providers: linked.reduce<ReadonlySet<string>>((all, { providers }) => all.union(providers), own),
      labels: [...linked.flatMap((group) => group.labels), at],
    });
  });
  return groups.map((group) => group.labels);
}

/** Whether it wants nodes now and may have some. */
export function isContender(label: LabelAsk): boolean {
  return Math.min(label.demand, capInNodes(label)) > 0 && openProviders(label).length > 0;
}

/** Where its nodes can be launched, if there is room. */
export function openProviders({ offers }: LabelAsk): string[] {
  return offers.flatMap((offer) => "cost" in offer ? [offer.provider] : []);
}

/** How many nodes more its own max-servers allow. */
export function capInNodes({ cap, size }: LabelAsk): number {
  return cap === null ? Infinity : Math.max(0, Math.floor((cap.limit - cap.used) / size));
}

/** Whether the one node of it is being launched that may be there alone. */
export function isTried({ name, offers }: LabelAsk, provider: string, grants: readonly Grant[]): boolean {
  const offer = offers.find((one) => one.provider === provider);
  return offer !== undefined && "cost" in offer && offer.alone !== undefined &&
    grants.some((grant) => grant.label === name && grant.provider === provider);
}

/** Whether a node of it could have room there, with only that in use which lasts; null: nothing does. */
export function couldFit(label: LabelAsk, provider: ProviderRoom, lasting: ProviderRoom | null): boolean {
  return lasting === null ? freePart(label, provider) !== null : (freePart(label, lasting) ?? 0) >= 1;
}

/** How large a part of what a node takes is free there; null: it cannot be launched there, even with nothing in use. */
export function freePart({ size, offers }: LabelAsk, { name, room }: ProviderRoom): number | null {
  const offer = offers.find(({ provider }) => provider === name);
  if (offer === undefined || "refusal" in offer) return null;
  const needs = Object.entries({ ...offer.cost, maxServers: 1, instances: 1 });
  let part = 1;
  for (const [resource, amount] of needs) {
    const use = room[resource as keyof typeof room];
    if (use === undefined || amount === 0) continue;
    if (use.limit < size * amount) return null;
    part = Math.min(part, (use.limit - use.used) / (size * amount));
  }
  return part;
}
