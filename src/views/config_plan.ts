/**
 * The changes that another configuration would bring, for `nodepool plan`: its lines, and the effects on each label,
 * provider and request. Shows no secret: its change appears as `***`.
 */
import * as v from "valibot";
import type { ConfigEffects, ConfigPlan } from "../domain/config_effects.ts";
import { describeEffects } from "../domain/describe_effects.ts";
import { describeRefusals } from "../domain/describe_obstacle.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { visibleText } from "../lib/visible_text.ts";
import { viewHead, viewSchema } from "./view_head.ts";
import { number, numberOrNull, rows, string, stringOrNull, word } from "./view_schema.ts";

export const configPlanViewSchema = viewSchema({
  file: string,
  /** Whether it was compared with what a daemon goes by; false: with the state, since none runs. */
  daemon: v.boolean(),
  /** Why it cannot be used. */
  problems: rows(v.object({
    file: string,
    line: numberOrNull,
    column: numberOrNull,
    path: string,
    message: string,
    /** The line without secrets, and the part of it that is meant; `from` counts from 0. */
    excerpt: v.nullable(v.object({ text: string, from: number, length: number })),
  })),
  would_change: v.boolean(),
  changes: rows(string),
  /** Those of the changes that a running daemon takes only at its next start. */
  at_next_start: rows(string),
  effects: rows(string),
  warnings: rows(string),
  labels: rows(v.object({
    name: string,
    /** null: it is in both configurations. */
    change: v.nullable(word<"added" | "removed">()),
    /** As the new configuration has it. */
    min_ready: numberOrNull,
    /** Those that are there, but for those being deleted; `kept`: those of them that stay. */
    nodes: number,
    kept: number,
    launched: number,
    deleted: rows(v.object({ count: number, why: string })),
    /** How many of min-ready there can be while no node is in use, and why there are no more. */
    possible: number,
    possible_why: stringOrNull,
  })),
  providers: rows(v.object({
    name: string,
    state: word<"removed" | "moved" | "retired" | "full">(),
    nodes: number,
    images: number,
  })),
  requests: rows(v.object({ id: number, label: string, message: string })),
  images: v.object({
    deleted: rows(v.object({ id: number, what: string, why: string })),
    built: rows(string),
    made: rows(v.object({ provider: string, image: string })),
  }),
});
type ConfigPlanView = v.InferOutput<typeof configPlanViewSchema>;

const NO_EFFECTS: ConfigEffects = {
  labels: [],
  providers: [],
  requests: [],
  images: { deleted: [], built: [], made: [] },
};

export function viewConfigPlan(
  { problems, changes, atNextStart, ...plan }: ConfigPlan,
  { file, report }: { file: string; report: PoolReport },
): ConfigPlanView {
  const { labels, providers, requests, images } = plan.effects ?? NO_EFFECTS;
  const { effects, warnings } = describeEffects(plan.effects ?? NO_EFFECTS, report);
  return {
    ...viewHead(report),
    file,
    daemon: report.daemon !== null,
    // Without what only the printing of a problem needs.
    problems: problems.map(({ file, line, column, path, message, excerpt }) => ({
      file,
      line,
      column,
      path,
      message,
      excerpt,
    })),
    would_change: changes.length + effects.length > 0,
    changes,
    at_next_start: atNextStart,
    effects,
    warnings: [...plan.warnings, ...warnings],
    labels: labels.map(({ minReady: min_ready, deleted, possible, ...label }) => ({
      ...label,
      min_ready,
      deleted: [...deleted].map(([why, count]) => ({ count, why })),
      possible: possible.nodes,
      possible_why: describeRefusals(possible.refusals, report) || null,
    })),
    providers: providers.map(({ name, kind: state, nodes, images }) => ({ name, state, nodes, images })),
    requests: requests.map(({ id, label, refusals }) => ({
      id,
      label,
      message: describeRefusals(refusals, report),
    })),
    images,
  };
}

/** The plan as text: what is at stake first. */
export function renderConfigPlan(view: ConfigPlanView): string {
  const { file, daemon, changes, at_next_start, effects, warnings } = view;
  const what = view.would_change ? "would change the pool" : "would change nothing";
  const sections: [string, readonly string[]][] = [
    ["configuration", changes],
    ["pool", effects],
    ["only when the daemon is started again", at_next_start],
    ["warnings", warnings],
  ];
  const told = sections.filter(([, lines]) => lines.length > 0)
    .map(([name, lines]) => `${name}:\n${lines.map((line) => `  ${visibleText(line)}\n`).join("")}`);
  const when = daemon
    ? view.would_change ? "; none of it is in force yet" : ""
    : " at the next start of the daemon; none is running, so this is based on the state alone";
  return [...told, `${file} ${what}${when}\n`].join("");
}
