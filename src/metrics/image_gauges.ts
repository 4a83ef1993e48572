/** Gauges of images: how many in which state, since when, and how their attempts go. Pure; computed at each scrape. */
import { dibStateName, type ImageStateName, imageStateNames } from "../domain/dib_image.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { imageStateName } from "../domain/provider_image.ts";
import { earliest, SECOND } from "../domain/time.ts";
import type { PutGauge } from "./metric_table.ts";

type Labels = Readonly<Record<string, string>>;

interface Counted {
  readonly labels: Labels;
  readonly state: ImageStateName;
  readonly stateSince: number;
  readonly version: number;
}

export function putImageGauges(report: PoolReport, put: PutGauge): void {
  const { config, dibImages, images, orders } = report;
  putGroups("dib_image", {
    all: dibImages.map((one) => ({ ...one, labels: { image: one.name }, state: dibStateName(one) })),
    known: (config?.diskimages ?? []).map(({ name: image }) => ({ image })),
  });
  putGroups("image", {
    all: images.filter(({ state }) => state.phase !== "gone").map((one) => ({
      ...one,
      labels: { provider: one.provider, image: one.image },
      state: imageStateName(one),
    })),
    known: (config?.providers ?? []).flatMap(({ name: provider, images }) =>
      images.map(({ name: image }) => ({ provider, image }))
    ),
  });
  for (const { provider, image, failures } of orders) {
    if (provider === null) put("nodepool_dib_image_failures_in_a_row", { image }, failures);
    else put("nodepool_image_failures_in_a_row", { provider, image }, failures);
  }

  /** @param images `known`: the labels of those that are reported without images, too */
  function putGroups(
    kind: "image" | "dib_image",
    { all, known }: { all: readonly Counted[]; known: readonly Labels[] },
  ): void {
    const groups = Map.groupBy(all, ({ labels }) => JSON.stringify(labels));
    for (const key of new Set([...known.map((labels) => JSON.stringify(labels)), ...groups.keys()])) {
      const labels: Labels = JSON.parse(key);
      const byState = Map.groupBy(groups.get(key) ?? [], ({ state }) => state);
      for (const state of imageStateNames) {
        const alike = byState.get(state) ?? [];
        put(`nodepool_${kind}s`, { ...labels, state }, alike.length);
        const since = earliest(alike.map(({ stateSince }) => stateSince));
        if (since === null) continue;
        put(`nodepool_oldest_${kind}_age_seconds`, { ...labels, state }, (report.now - since) / SECOND);
      }
      const [current] = (byState.get("ready") ?? []).toSorted((a, b) => b.version - a.version);
      if (current === undefined) continue;
      const readySince = (current.stateSince + report.wallOffset) / SECOND;
      put(`nodepool_${kind}_ready_timestamp_seconds`, labels, readySince);
    }
  }
}
