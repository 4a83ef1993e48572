/** The faults are over and the operator does what `status` asks for: then nodes are handed out, and nothing is left behind. */
import { serverIdOf } from "../../../../src/domain/node.ts";
import { durationText, MINUTE, SECOND } from "../../../../src/domain/time.ts";
import { release, takeNodes } from "./clients.ts";
import { endSecond } from "./machine.ts";
import { adoptIfAsked, reconfigure } from "./operator.ts";
import type { Scene } from "./scene.ts";

/** Longer than any pause that failures bring. */
const LONGEST = 40 * MINUTE;

/** @throws Violation */
export async function recover(scene: Scene): Promise<void> {
  scene.tell("— all faults end, the operator tidies up");
  scene.one.simulator.disarm();
  await endSecond(scene);
  await reconfigure(scene, 2);
  await scene.pass(2 * MINUTE);
  await adoptIfAsked(scene);
  await mustTakeNodes(scene);
  for (const job of [...scene.witness.jobs]) await release(scene, job, { failed: false });
  await mustBe(scene, () => leaks(scene).length === 0, () => `left behind: ${leaks(scene).join(", ")}`);
}

async function mustTakeNodes(scene: Scene): Promise<void> {
  let taken: boolean | null = null;
  scene.under.push(takeNodes(scene, 2).then((value) => void (taken = value)));
  await mustBe(scene, () => taken !== null, () => `no nodes: ${whyNone(scene)}`);
  if (!taken) scene.fail("the request for nodes was refused");
}

function whyNone({ one }: Scene): string {
  const { requests, nodes } = one.pool.report();
  return [...requests, ...nodes].map(({ id, waitingOn }) => `${id}: ${waitingOn?.message ?? "-"}`).join("; ");
}

async function mustBe(scene: Scene, condition: () => boolean, otherwise: () => string): Promise<void> {
  const { clock } = scene.one;
  const end = clock.now() + LONGEST;
  while (!condition()) {
    if (clock.now() >= end) scene.fail(`${durationText(LONGEST)} after all faults, ${otherwise()}`);
    await scene.pass(10 * SECOND);
    await adoptIfAsked(scene);
  }
}

/** What the pool made and no record names; where marks were edited, that is left to the operator. */
function leaks({ one, witness: { foreign, edited } }: Scene): readonly string[] {
  const { servers, network: { floatingIps } } = one.simulator.cloud();
  const named = new Set(one.pool.report().nodes.flatMap((node) => [serverIdOf(node), node.floatingIp?.id]));
  const isLeft = (id: string) => !named.has(id) && !foreign.has(id) && !edited.has(id);
  // A restored state may not know which floating IP was made for a server: it goes after that.
  const leftIps = [...floatingIps.values()].filter(({ id, port }) =>
    isLeft(id) && !named.has(port?.server?.id)
  );
  return [
    ...servers.standing().filter(({ id }) => isLeft(id)).map(({ id, name }) => `server ${id} (${name})`),
    ...leftIps.map(({ id, description }) => `floating IP ${id} (${description})`),
  ];
}
