/** Gauges of images: how many in which state, since when, and how their attempts go. Pure; computed at each scrape. */
import { dibStateName, type ImageStateName, imageStateNames } from "../domain/dib_image.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { imageStateName } from "../domain/provider_image.ts";
import { SECOND } from "../domain/time.ts";
import type { PutGauge } from "./metric_table.ts";

type Labels = Readonly<Record<string, string>>;

interface Group {
  readonly labels: Labels;
  readonly counts: Record<ImageStateName, number>;
  readonly oldest: Partial<Record<ImageStateName, number>>;
  /** The newest version that is ready. */
  current: { readonly version: number; readonly readySince: number } | null;
}

interface Counted {
  readonly labels: Labels;
  readonly state: ImageStateName;
  readonly stateSince: number;
  readonly version: number;
}

export function putImageGauges(report: PoolReport, put: PutGauge): void {
  const { config, dibImages, images, orders } = report;
  const built = dibImages.map((one) => ({ ...one, labels: { image: one.name }, state: dibStateName(one) }));
  const there = images.filter(({ state }) => state.phase !== "gone");
  const onClouds = there.map((one) => ({
    ...one,
    labels: { provider: one.provider, image: one.image },
    state: imageStateName(one),
  }));
  putGroups("dib_image", {
    all: built,
    known: (config?.diskimages ?? []).map(({ name: image }) => ({ image })),
  });
  const known = (config?.providers ?? []).flatMap(({ name: provider, images }) =>
    images.map(({ name: image }) => ({ provider, image }))
  );
  putGroups("image", { all: onClouds, known });
  for (const { provider, image, failures } of orders) {
    if (provider === null) put("nodepool_dib_image_failures_in_a_row", { image }, failures);
    else put("nodepool_image_failures_in_a_row", { provider, image }, failures);
  }

  function putGroups(
    kind: "image" | "dib_image",
    { all, known }: { all: readonly Counted[]; known: readonly Labels[] },
  ): void {
    for (const { labels, counts, oldest, current } of groupsOf(all, known)) {
      for (const state of imageStateNames) put(`nodepool_${kind}s`, { ...labels, state }, counts[state]);
      for (const [state, since] of Object.entries(oldest)) {
        put(`nodepool_oldest_${kind}_age_seconds`, { ...labels, state }, (report.now - since) / SECOND);
      }
      if (current === null) continue;
      const readySince = (current.readySince + report.wallOffset) / SECOND;
      put(`nodepool_${kind}_ready_timestamp_seconds`, labels, readySince);
    }
  }
}

/** @param known those that are reported without images, too */
function groupsOf(all: readonly Counted[], known: readonly Labels[]): Iterable<Group> {
  const groups = new Map<string, Group>();
  const groupOf = (labels: Labels) => {
    const key = JSON.stringify(labels);
    const counts = { building: 0, ready: 0, delete: 0 };
    const group = groups.get(key) ?? { labels, counts, oldest: {}, current: null };
    groups.set(key, group);
    return group;
  };
  known.forEach(groupOf);
  for (const { labels, state, stateSince, version } of all) {
    const group = groupOf(labels);
    group.counts[state]++;
    group.oldest[state] = Math.min(group.oldest[state] ?? Infinity, stateSince);
    if (state === "ready" && version > (group.current?.version ?? -1)) {
      group.current = { version, readySince: stateSince };
    }
  }
  return groups.values();
}
