/** Whether waiting can help. */
import type { ObstacleView } from "../views/obstacle_view.ts";

/**
 * Obstacles that waiting does not cure.
 * @param failFast true: those that somebody has to repair; null: those that only another configuration cures
 */
export function isHopeless(obstacles: readonly ObstacleView[], failFast: boolean | null): boolean {
  if (obstacles.length === 0 || failFast === false) return false;
  return obstacles.every(({ cure }) => cure === "configuration" || (failFast === true && cure === "repair"));
}
