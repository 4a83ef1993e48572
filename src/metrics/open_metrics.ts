/**
 * The same metrics in OpenMetrics' text, which names a counter without its `_total` and writes every bound as a decimal. The
 * client can do it for a registry of its own only, whose metrics it renames: so that one holds views of the other's.
 */
import { type Metric, Registry } from "@prometheus-io/client";

interface Shown {
  readonly name: string;
  readonly values: readonly { readonly labels: Readonly<Record<string, string | number>> }[];
}

/** A metric as the client asks for it; `getForPromString` is how it asks a histogram. */
interface Readable {
  readonly name: string;
  readonly type: string;
  get(): Promise<Shown>;
  getForPromString?(): Promise<Shown>;
}

export function openMetricsOf(registry: Registry): Registry {
  const all = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  for (const metric of registry.getMetricsAsArray() as unknown as Readable[]) {
    const view = { name: metric.name, type: metric.type, get: () => read(metric) };
    all.registerMetric(view as unknown as Metric<string>);
  }
  return all;
}

async function read(metric: Readable): Promise<Shown> {
  const shown = await (metric.getForPromString?.() ?? metric.get());
  const name = metric.type === "counter" ? metric.name.replace(/_total$/, "") : metric.name;
  return { ...shown, name, values: shown.values.map(withDecimalBound) };
}

function withDecimalBound<Value extends Shown["values"][number]>(value: Value): Value {
  const { le } = value.labels;
  if (!Number.isInteger(le)) return value;
  return { ...value, labels: { ...value.labels, le: `${le}.0` } };
}
