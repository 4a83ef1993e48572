/** Which pool this is: written once into the state and onto every server, so that pools can share a project. */
import type { Instant } from "./time.ts";

export interface Installation {
  /** A UUID. */
  readonly id: string;
  readonly createdAt: Instant;
}
