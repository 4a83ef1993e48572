/** How the connection to a server stands that demand or job events come from. It is made again whenever it ends. */
import type { Instant } from "./time.ts";

export type LinkState =
  /** Not made yet since the start, and not failed either. */
  | { readonly status: "connecting"; readonly since: Instant }
  /** Made, and the server speaks the protocol. */
  | { readonly status: "connected"; readonly since: Instant }
  | {
    readonly status: "away";
    /** When it failed first, of the failures in a row. */
    readonly since: Instant;
    /** The message of the last failure. */
    readonly message: string;
    /** When it is tried again. */
    readonly retryAt: Instant;
  };
