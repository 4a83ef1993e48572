/**
 * A pool as commands see it: whatever it is asked, it answers as the operation's descriptor says. Over the daemon's
 * socket (`connectControl`) and in this process (`localPool`) it is the same, since both go by the same table.
 */
import type { PoolReport } from "../domain/pool_report.ts";
import type { AnswerOf, OperationName, RequestOf } from "./operations.ts";

export interface PoolClient extends AsyncDisposable {
  /** False: nobody acts on what is marked until a daemon is started. */
  readonly hasDaemon: boolean;
  /**
   * @param options `signal`: its abort ends the call, which then rejects with the signal's reason
   * @throws ControlError where the pool refuses
   */
  ask<Name extends OperationName>(
    name: Name,
    request: RequestOf<Name>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<AnswerOf<Name>>;
}

/** One of this process, which the control socket and the status endpoint can be made from. */
export interface LocalPool extends PoolClient {
  report(): PoolReport;
}
