/** The lists of the pool, each as an operation, and what completes a command line: the client can load these alone. */
import * as v from "valibot";
import { completionKinds, viewCompletions } from "../../views/completions.ts";
import { rows, string } from "../../views/view_schema.ts";
import type { FilterName, ViewFilter } from "../../views/view_filter.ts";
import { contentTag, type PoolList, poolLists, type PoolViewName } from "../../views/view_pool.ts";
import { id, type Operation, operation } from "../operation.ts";

type ListOperations = {
  readonly [Name in PoolViewName]: Operation<
    "state" | "config",
    v.GenericSchema<ViewFilter>,
    (typeof poolLists)[Name]["answer"]
  >;
};

export const listOperations = Object.fromEntries(
  Object.entries(poolLists).map(([name, list]) => [name, listOperation(name as PoolViewName, list)]),
) as unknown as ListOperations;

function listOperation(
  name: PoolViewName,
  { needs = "state", filters, states, answer, view, json }: PoolList,
) {
  return operation({
    route: `GET /views/${name}`,
    needs,
    request: v.strictObject(
      Object.fromEntries(filters.map((filter) => [filter, filterSchema(filter, states)])),
    ),
    answer,
    run: (pool, filter) => view(pool.report(), filter),
    json: json && ((report, filter) => ({
      tag: contentTag(report, { name, filter }),
      make: () => json(report, filter),
    })),
  });
}

function filterSchema(filter: FilterName, states: readonly string[] | undefined) {
  if (filter === "state" && states !== undefined) {
    return v.optional(v.picklist(states, `known states: ${states.join(", ")}`));
  }
  return v.optional<v.GenericSchema<string | number>>(filter === "id" ? id : v.string());
}

export const completionOperations = {
  "completions": operation({
    route: "GET /completions/:kind",
    needs: "state",
    request: v.strictObject({ kind: v.picklist(completionKinds), prefix: v.optional(v.string(), "") }),
    answer: v.object({ values: rows(v.object({ value: string, about: string })) }),
    run: (pool, request) => ({ values: viewCompletions(pool.report(), request) }),
  }),
};
