/** The options of each service's file. */
import type { Clock } from "../../lib/clock.ts";
import type { Session } from "./session.ts";

export interface ServiceOptions {
  readonly session: Session;
  readonly clock: Clock;
  /** Items asked for in one page of a listing. */
  readonly pageSize: number;
}
