/** What must hold after any sequence: the others are served, nothing is lost, and once the daemon has ended nothing runs. */
import { serverIdOf } from "../../../../src/domain/node.ts";
import { HOUR, MINUTE } from "../../../../src/domain/time.ts";
import { inFlight } from "../../../../src/lib/in_flight.ts";
import { beClient } from "./client.ts";
import { cloudsOf, labelNames } from "./configs.ts";
import type { Stage } from "./stage.ts";

/** Within which a label must be served, whatever is the matter with others: a large request may keep nodes for a while. */
const SERVED_WITHIN = 20 * MINUTE;

/** Within which all is as it should be once nothing is broken any more. */
const RECOVERED_WITHIN = HOUR;

/** A client of each label of which no cloud is hit gets a node. */
export async function assertServed(stage: Stage, { hit }: { hit: ReadonlySet<string> }): Promise<void> {
  const known = stage.virtual.pool.config.labels.map(({ name }) => name);
  const labels = labelNames.filter((label) =>
    known.includes(label) && !cloudsOf(label).some((cloud) => hit.has(cloud))
  );
  for (const label of labels) {
    const wish = { label, count: 1, patience: null, withdraws: false, use: 0 };
    const served = stage.addClient((name) => beClient(stage, name, wish));
    await stage.until(`a node of ${label} for ${served.name}`, () => served.isOver, SERVED_WITHIN);
    if (served.outcome !== null) {
      stage.fail(`${served.name} asked for ${label} and was told: ${served.outcome}`);
    }
  }
}

/** Each client has its answer, each server is of a record and the other way round, and no defect is left. */
export async function assertNothingLost(stage: Stage): Promise<void> {
  const { virtual } = stage;
  const waiting = () => stage.clients.filter(({ isOver }) => !isOver).map(({ name }) => name);
  await stage.until("an answer for each client", () => waiting().length === 0, RECOVERED_WITHIN);
  await stage.until("no request without a client", () => virtual.pool.ledger.requests.size === 0, 2 * MINUTE);
  await stage.until("a record for each server, a server for each record", () => {
    const known = virtual.pool.report().nodes.map((node) => serverIdOf(node) ?? `none of node ${node.id}`);
    return sorted(known) === sorted(standing(stage));
  }, RECOVERED_WITHIN);
  const { defects, daemon } = virtual.pool.report();
  if (defects.length > 0) stage.fail(`defects are left: ${JSON.stringify(defects)}`);
  const failing = daemon!.tasks.filter(({ lastError }) => lastError !== null);
  if (failing.length > 0) stage.fail(`tasks fail: ${JSON.stringify(failing)}`);
  assertTasks(stage);
}

function assertTasks(stage: Stage): void {
  const providers = stage.virtual.pool.config.providers.flatMap((
    { name },
  ) => [`provider ${name}`, `missing on ${name}`, `cleanup of ${name}`]);
  const expected = [
    ...providers,
    "tick",
    "clock",
    "requests",
    "samples",
    "check",
    "history",
    "image-update",
    "state",
  ];
  if (sorted(expected) !== sorted(stage.taskNames)) stage.fail(`the tasks are ${sorted(stage.taskNames)}`);
}

/** After its end the daemon has no task, no timer, no cloud, no request and no work, and asks for nothing. */
export async function assertNothingRuns(stage: Stage): Promise<void> {
  const { clock } = stage.virtual;
  const { asked } = stage;
  // A cloud goes on with what it was asked.
  await clock.advance(MINUTE);
  if (clock.sleeping > 0) stage.fail(`${clock.sleeping} wait for their time after the end of the daemon`);
  if (stage.asked > asked) stage.fail("a cloud was asked after the end of the daemon");
}

/** Right after any end. */
export function assertEnded(stage: Stage): void {
  const left = [
    ...[...stage.openClouds].map(() => "a cloud is open"),
    ...[...stage.requests].map((request) => `a request has no end: ${request}`),
    ...inFlight.list().map(({ what, about }) => `work goes on: ${what} ${JSON.stringify(about)}`),
  ];
  if (left.length > 0) stage.fail(`after the end of the daemon ${left.join("; ")}`);
}

/** Ids of the servers that there are now, of all clouds. */
function standing({ virtual: { simulator } }: Stage): readonly string[] {
  return [...simulator.clouds.values()].flatMap((cloud) => {
    cloud.now();
    return cloud.servers.standing().map(({ id }) => id);
  });
}

function sorted(names: readonly string[]): string {
  return names.toSorted().join(", ");
}
