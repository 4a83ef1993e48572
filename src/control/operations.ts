/**
 * Everything that a pool can be asked, as one table. To add an operation, write its descriptor in one of the groups:
 * the socket's routes, the client, the pool without a daemon and the types follow.
 */
import type * as v from "valibot";
import type { Operation } from "./operation.ts";
import { historyOperations } from "./operations/history_operations.ts";
import { imageOperations } from "./operations/image_operations.ts";
import { jobOperations } from "./operations/job_operations.ts";
import { completionOperations, listOperations } from "./operations/list_operations.ts";
import { nodeOperations } from "./operations/node_operations.ts";
import { poolOperations } from "./operations/pool_operations.ts";
import { requestOperations } from "./operations/request_operations.ts";

const table = {
  ...listOperations,
  ...nodeOperations,
  ...historyOperations,
  ...requestOperations,
  ...jobOperations,
  ...imageOperations,
  ...poolOperations,
  ...completionOperations,
};

export type OperationName = keyof typeof table;

export type RequestOf<Name extends OperationName> = v.InferOutput<(typeof table)[Name]["request"]>;

export type AnswerOf<Name extends OperationName> = v.InferOutput<(typeof table)[Name]["answer"]>;

export const operations = table as unknown as Readonly<Record<OperationName, Operation>>;
