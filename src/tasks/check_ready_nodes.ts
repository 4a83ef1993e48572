/** Logs in to every ready node and removes those where that no longer works. Run by the cron `check`. */
import type { Config } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import { transition } from "../domain/node_transition.ts";
import { credentialsFor } from "../execute/credentials.ts";
import { logIn } from "../execute/login.ts";
import { SECOND } from "../domain/time.ts";
import { atMost } from "../lib/at_most.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import type { Shell } from "../ssh/shell.ts";
import type { Ledger } from "../store/ledger.ts";

/** Logins at once: the check must not get in the way of launches. */
const AT_ONCE = 8;
/** A login that takes longer only waits, and leaves its place to another. */
const PLACE_TIME = 5 * SECOND;
/** Where more of a provider's nodes than this fail together, the fault is more likely on our side of the network. */
const LARGEST_PART = 0.5;
const SMALLEST_SAMPLE = 4;

interface CheckReadyMeans {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly shell: Shell;
  readonly clock: Clock;
  readonly readKey: (path: string) => Promise<string>;
  /** Whether the provider's cloud answered when it was last asked: where it does not, its nodes say nothing either. */
  readonly isReachable: (provider: string) => boolean;
  /** Nodes that failed were kept, since too many did. */
  readonly onDoubt: (provider: string, message: string) => void;
}

interface Failed {
  readonly node: NodeRecord;
  readonly message: string;
}

export async function checkReadyNodes(
  means: CheckReadyMeans,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { nodes: known } = means.ledger;
  const ready = [...known.values()].filter((node) =>
    node.state.phase === "ready" &&
    // A subnode is in use as long as its node is.
    (node.parentId === null || known.get(node.parentId)?.state.phase === "ready")
  );
  for (const [provider, nodes] of Map.groupBy(ready, (node) => node.provider)) {
    if (!means.isReachable(provider)) continue;
    const failed = await findFailed(nodes, means, signal);
    if (nodes.length >= SMALLEST_SAMPLE && failed.length > nodes.length * LARGEST_PART) {
      const [first] = failed;
      means.onDoubt(
        provider,
        `${failed.length} of ${nodes.length} ready nodes failed the check: ${first?.message}`,
      );
      continue;
    }
    await Promise.all(failed.map((one) => remove(one, means)));
  }
}

async function findFailed(
  nodes: readonly NodeRecord[],
  means: CheckReadyMeans,
  signal: AbortSignal,
): Promise<Failed[]> {
  const failed: Failed[] = [];
  const inTurn = atMost(AT_ONCE, { clock: means.clock, placeTime: PLACE_TIME });
  const checks = nodes.map((node) =>
    inTurn(async () => {
      const message = await twice(() => whyUnusable(node, means, signal));
      if (message !== null) failed.push({ node, message });
    })
  );
  await Promise.allSettled(checks);
  await Promise.all(checks);
  return failed;
}

/** One failure may be a passing one. */
async function twice(check: () => Promise<string | null>): Promise<string | null> {
  return await check() === null ? null : await check();
}

async function whyUnusable(
  node: NodeRecord,
  means: CheckReadyMeans,
  signal: AbortSignal,
): Promise<string | null> {
  const provider = means.config.providers.find(({ name }) => name === node.provider);
  const image = provider?.images.find(({ name }) => name === node.image);
  if (provider === undefined || image === undefined || node.addresses === null) return null;
  // A key that we cannot read says nothing of the nodes: then the check fails, and they stay.
  await means.readKey(image.privateKey);
  try {
    const credentials = credentialsFor(node, { image, images: means.ledger.images, readKey: means.readKey });
    const timeout = provider.checkTimeout;
    await logIn(node, node.addresses.login, { ...means, provider, image, credentials, signal, timeout });
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return errorChain(error);
  }
}

async function remove({ node, message }: Failed, { ledger, clock }: CheckReadyMeans): Promise<void> {
  await ledger.changeNode(node.id, (current) => {
    if (current.state.phase !== "ready") return current;
    const comment = `failed the check: ${message}`;
    return transition(current, { type: "delete", by: "check", comment, result: "lost" }, clock.now());
  });
}
