import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";

/** The CloudError that a call ends in; fails when it ends otherwise. */
export async function refusalOf(call: Promise<unknown>): Promise<CloudError> {
  const error = await call.then(() => null, (thrown) => thrown);
  assert.ok(error instanceof CloudError, `a CloudError, not ${error}`);
  return error;
}
