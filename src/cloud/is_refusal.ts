import { CloudError } from "../domain/cloud_error.ts";

/**
 * Whether a service answered, and would not or could not do it, or the cloud does not have such a service: what is asked
 * for is not available there, while the rest of the cloud may be well. Not so where it did not answer, has had enough of
 * us, or takes us for nobody.
 */
export function isRefusal(error: unknown): error is CloudError {
  if (!(error instanceof CloudError) || error.status === 401) return false;
  return error.kind === "notFound" || (error.status !== null && error.kind !== "rateLimited");
}
