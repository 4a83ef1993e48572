/** Marks images for deletion: each id has its own outcome and none stops the others. With a daemon and without one. */
import { transitionDib } from "../domain/dib_transition.ts";
import { transitionImage } from "../domain/image_transition.ts";
import type { Instant } from "../domain/time.ts";
import { type NodeRecord, type NodeStateName, stateName } from "../domain/node.ts";
import { transition } from "../domain/node_transition.ts";
import { externalIdOf, imageStateName, type ProviderImage } from "../domain/provider_image.ts";
import { recordDibImage, recordImage } from "../rules/record_image.ts";
import type { Edit } from "../store/draft.ts";
import type { StateDeps, StatePool } from "./operated_pool.ts";
import type { IdOutcome } from "./operation.ts";

/** The pool, by which it is known whether its nodes are in use. */
type Situation = Pick<StatePool, "daemon" | "report">;

/**
 * With `replaceReady`, their nodes that nobody has had go after them. That needs another image to launch the next ones
 * from, and a state that has been found to be right: a copy calls nodes ready that are in use.
 */
export async function deleteImages(
  ids: readonly number[],
  { comment, replaceReady = false }: { comment: string; replaceReady?: boolean },
  deps: StateDeps & Situation,
): Promise<readonly IdOutcome[]> {
  const outcomes = await markEach(ids, deps, (edit, { id, now }) => {
    const image = edit.image(id);
    if (image === null || image.state.phase === "gone") return missing(id, "image");
    const objection = replaceReady ? whyNotReplaced(image, ids, deps) : null;
    if (objection !== null) return { id, ok: false, message: `image ${id} stays: ${objection}` };
    const next = transitionImage(image, { type: "delete", by: "user", comment }, now);
    recordImage(edit, { previous: image, next, now });
    return imageStateName(image) === "delete" ? { id, ok: true, message: "already being deleted" } : null;
  });
  if (!replaceReady) return outcomes;
  return await Promise.all(outcomes.map((outcome) => replaceNodes(outcome, { comment, deps })));
}

function whyNotReplaced(
  { provider, image }: ProviderImage,
  ids: readonly number[],
  pool: StateDeps & Situation,
): string | null {
  const { ledger, daemon } = pool;
  if (daemon === null) return "only a daemon can tell whether its nodes are in use: start it, and try again";
  const seen = pool.report().providers.find(({ name }) => name === provider);
  if (seen === undefined) return `the configuration has no provider ${provider} to replace its nodes on`;
  if (seen.frozen !== null) return seen.frozen;
  if (seen.isTrusted !== true) {
    const error = seen.error === null ? "" : ` (${seen.error.message})`;
    return `${provider} has not been listed completely since the daemon's start${error}; try again once it has`;
  }
  const hasSuccessor = [...ledger.images.values()].some((other) =>
    other.provider === provider && other.image === image && other.state.phase === "ready" &&
    !ids.includes(other.id)
  );
  return hasSuccessor ? null : `no other image ${image} on ${provider} is ready to replace its nodes from; ` +
    `make one with \`nodepool image-update ${provider} ${image}\``;
}

async function replaceNodes(
  outcome: IdOutcome,
  { comment, deps: { ledger, clock } }: { comment: string; deps: StateDeps },
): Promise<IdOutcome> {
  const image = outcome.ok ? ledger.images.get(outcome.id) : undefined;
  if (image === undefined) return outcome;
  const why = `${comment} with its image ${image.id}`;
  const nodes = await replaceIdleNodes(image, { comment: why, ledger, clock });
  const told = nodes.length === 0
    ? "it has no idle nodes"
    : `its idle nodes are replaced: ${nodes.join(", ")}`;
  return { ...outcome, message: `${outcome.message}; ${told}` };
}

/** The ready ones, and those that would be ready next. */
const IDLE: ReadonlySet<NodeStateName> = new Set(["building", "test", "ready"]);

/**
 * Deletes the nodes of an image that nobody has had, so that others are launched from the image that is current then. Each
 * is looked at again in the edit that deletes it: one that was handed out meanwhile, or held, stays. The image must not be current any more, else the next ones are launched from it, too.
 * @returns their ids
 */
async function replaceIdleNodes(
  image: ProviderImage,
  { comment, ledger, clock }: StateDeps & { comment: string },
): Promise<readonly number[]> {
  const event = { type: "delete", by: "user", comment, result: "unused", sparesJobs: true } as const;
  const found = [...ledger.nodes.values()].filter((node) => isIdleOf(image, node));
  const deleted = await Promise.all(found.map(({ id }) =>
    ledger.edit((edit) => {
      const node = edit.node(id);
      if (node === null || !isIdleOf(image, node)) return [];
      edit.putNode(transition(node, event, clock.now()));
      return [id];
    })
  ));
  return deleted.flat();
}

/** Subnodes go with their nodes. */
function isIdleOf(image: ProviderImage, node: NodeRecord): boolean {
  return node.role === "node" && node.provider === image.provider && node.imageId === externalIdOf(image) &&
    node.hold === null && node.requestId === null && node.timings.used === undefined &&
    IDLE.has(stateName(node));
}

export function deleteDibImages(
  ids: readonly number[],
  { comment }: { comment: string },
  deps: StateDeps,
): Promise<readonly IdOutcome[]> {
  return markEach(ids, deps, (edit, { id, now }) => {
    const image = edit.dibImage(id);
    if (image === null) return missing(id, "dib image");
    if (image.state.phase === "delete") return { id, ok: true, message: "already being deleted" };
    const next = transitionDib(image, { type: "delete", by: "user", comment }, now);
    recordDibImage(edit, { previous: image, next, now });
    return null;
  });
}

/** @param mark null: it has marked it */
function markEach(
  ids: readonly number[],
  { ledger, clock }: StateDeps,
  mark: (edit: Edit, one: { id: number; now: Instant }) => IdOutcome | null,
): Promise<readonly IdOutcome[]> {
  const done = (id: number): IdOutcome => ({ id, ok: true, message: "marked for deletion" });
  return Promise.all(
    ids.map((id) => ledger.edit((edit) => mark(edit, { id, now: clock.now() }) ?? done(id))),
  );
}

function missing(id: number, what: string): IdOutcome {
  return { id, ok: false, message: `there is no ${what} ${id}` };
}
