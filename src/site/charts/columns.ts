/**
 * Readings of many minutes as fewer columns: what a chart draws has no more than there are pixels. A column of servers is
 * a whole moment, the fullest of its minutes, so that no peak is lost and its parts are those of one moment. Pure.
 */
import type { Readings } from "../../domain/samples/pool_samples.ts";
import type { ServerStage } from "../../domain/server_stage.ts";

/** From the bottom of a stack to its top. */
export const stackOrder = [
  "used",
  "ready",
  "building",
  "held",
  "deleting",
] as const satisfies readonly ServerStage[];

export interface ChartColumn {
  /** The index of its first minute. */
  readonly from: number;
  /** The index of the minute after its last. */
  readonly to: number;
  /** The servers of its fullest minute, in the order of a stack; null: nothing was measured. */
  readonly stack: readonly number[] | null;
  /** At that minute; null: no limit. */
  readonly limit: number | null;
  /** In all of its minutes. */
  readonly failed: number;
}

/** @param width in minutes */
export function columnsOf(readings: Readings, width: number): readonly ChartColumn[] {
  return slicesOf(readings.used.length, width).map(({ from, to }) => {
    const minutes = Array.from({ length: to - from }, (_, index) => from + index);
    const measured = minutes.filter((minute) => readings.used[minute] !== null)
      .map((minute) => ({
        limit: readings.limit[minute] ?? null,
        stack: stackOrder.map((measure) => readings[measure][minute] ?? 0),
      }));
    const { stack, limit } = measured.reduce<Pick<ChartColumn, "stack" | "limit">>(
      (best, one) => best.stack === null || totalOf(one.stack) > totalOf(best.stack) ? one : best,
      { stack: null, limit: null },
    );
    return {
      from,
      to,
      stack,
      limit,
      failed: minutes.reduce((sum, minute) => sum + (readings.failed[minute] ?? 0), 0),
    };
  });
}

/** The highest value of each column; null: nothing was measured. */
export function peaksOf(
  values: readonly (number | null)[],
  width: number,
): readonly (number | null)[] {
  return slicesOf(values.length, width).map(({ from, to }) => {
    const measured = values.slice(from, to).filter((value) => value !== null);
    return measured.length === 0 ? null : Math.max(...measured);
  });
}

export function totalOf(stack: readonly number[]): number {
  return stack.reduce((sum, count) => sum + count, 0);
}

function slicesOf(length: number, width: number): readonly { from: number; to: number }[] {
  return Array.from({ length: Math.ceil(length / width) }, (_, index) => {
    const from = index * width;
    return { from, to: Math.min(from + width, length) };
  });
}
