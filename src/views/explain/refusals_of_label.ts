/**
 * The obstacles to a label at each of its providers: to the nodes that it lacks, and where it lacks none, to one
 * node more. A provider that is not named launches its nodes. What one explanation says of a provider, all say.
 */
import { obstacleOfPause, type Refusal } from "../../domain/obstacle.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { standstillOf } from "./told_parts.ts";

export function refusalsOfLabel(report: PoolReport, name: string): readonly Refusal[] {
  const general = whyNowhere(report, name);
  if (general.length > 0) return general;
  const planned = report.labels.find((one) => one.name === name)?.refusals ?? [];
  const waits = report.requests.filter((request) => request.label === name && request.grantedAt === null)
    .flatMap(({ id }) => report.waits.get(id) ?? []);
  const failed = report.pauses.filter((pause) => pause.label === name && isProviderOf(report, pause))
    .map((pause) => ({ provider: pause.provider, obstacle: obstacleOfPause(pause, report.now) }));
  return [planned.length > 0 ? planned : waits, report.whyNoMore(name), failed]
    .reduce((told, more) => [...told, ...more.filter((refusal) => isNew(refusal, told))]);
}

/** Whether some provider would launch a node of it. */
export function isOpen(report: PoolReport, name: string): boolean {
  const refusals = [...whyNowhere(report, name), ...report.whyNoMore(name)];
  const refused = new Set(refusals.map(({ provider }) => provider));
  const providers = report.config?.labels.find((label) => label.name === name)?.providers ?? [];
  return !refused.has(null) && providers.some((provider) => !refused.has(provider));
}

function whyNowhere(report: PoolReport, name: string): readonly Refusal[] {
  const standstill = standstillOf(report);
  if (standstill.length > 0) return standstill;
  const label = report.config?.labels.find((one) => one.name === name);
  if (report.config !== null && label === undefined) {
    return [{ provider: null, obstacle: { kind: "label-not-configured", label: name } }];
  }
  return (label?.minReady ?? 0) < 0 ? [{ provider: null, obstacle: { kind: "label-disabled" } }] : [];
}

function isProviderOf({ config }: PoolReport, { provider, label }: PoolReport["pauses"][number]): boolean {
  return config?.labels.some(({ name, providers }) => name === label && providers.includes(provider)) ??
    false;
}

/** Each provider says one thing, the first that is known of it. */
function isNew({ provider }: Refusal, told: readonly Refusal[]): boolean {
  return provider === null ? told.length === 0 : !told.some((other) => other.provider === provider);
}
