/** Logs in to every ready node and removes those where that no longer works. Run by the cron `check`. */
import type { Config } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import { transition } from "../domain/node_transition.ts";
import { credentialsFor } from "../execute/credentials.ts";
import { logIn } from "../execute/login.ts";
import { MINUTE, SECOND } from "../domain/time.ts";
import { atMost } from "../lib/at_most.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import type { Shell } from "../ssh/shell.ts";
import type { Ledger } from "../store/ledger.ts";

/** Logins at once: the check must not get in the way of launches. */
const AT_ONCE = 8;
/** So much later the next ones begin: 32 logins a second at most, however many nodes are checked. */
const ROUND = SECOND / 4;
/** A login that takes longer only waits, and leaves its place to another. */
const PLACE_TIME = 5 * SECOND;
/** Between a failure and the second attempt. */
const PAUSE = 5 * SECOND;
/** Where more of a provider's nodes than this fail together, the fault is more likely on our side of the network. */
const LARGEST_PART = 0.5;
/** Fewer than this are too few to tell by their number: they are looked at again, each minute for this long. */
const SMALLEST_SAMPLE = 4;
const LONGEST_BLIP = 10 * MINUTE;

interface CheckReadyDeps {
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

/** One run. */
interface Check extends CheckReadyDeps {
  readonly inTurn: ReturnType<typeof atMost>;
  readonly signal: AbortSignal;
}

interface Failed {
  readonly node: NodeRecord;
  readonly message: string;
}

export async function checkReadyNodes(
  deps: CheckReadyDeps,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const inTurn = atMost(AT_ONCE, { clock: deps.clock, placeTime: PLACE_TIME });
  const check = { ...deps, inTurn, signal };
  const ready = [...deps.ledger.nodes.values()].filter((node) => isFree(node, deps));
  const checks = [...Map.groupBy(ready, (node) => node.provider)].map(([provider, nodes]) =>
    checkProvider(provider, nodes, check)
  );
  await Promise.allSettled(checks);
  await Promise.all(checks);
}

/** A subnode is in use as long as its node is. */
function isFree(node: NodeRecord, { ledger: { nodes } }: Pick<CheckReadyDeps, "ledger">): boolean {
  if (node.state.phase !== "ready") return false;
  return node.parentId === null || nodes.get(node.parentId)?.state.phase === "ready";
}

async function checkProvider(
  provider: string,
  nodes: readonly NodeRecord[],
  check: Check,
): Promise<void> {
  if (!check.isReachable(provider)) return;
  let failed = await findFailed(nodes, check);
  let lost = failed;
  if (failed.length > nodes.length * LARGEST_PART) {
    const isFew = nodes.length < SMALLEST_SAMPLE;
    if (isFew) ({ failed, lost } = await lookAgain(failed, nodes, check));
    else lost = [];
    if (!check.isReachable(provider)) return;
  }
  if (lost.length < failed.length) {
    const message = `${failed.length} of ${nodes.length} ready nodes failed the check: ${failed[0]?.message}`;
    check.onDoubt(provider, message);
  }
  await Promise.all(lost.map((one) => remove(one, check)));
}

/**
 * Those that fail each time, until the longest blip on our side of the network would be over. Where no other node shows
 * that our side is well, one of them at most is lost: the login to its successor will tell of the rest.
 */
async function lookAgain(
  first: readonly Failed[],
  nodes: readonly NodeRecord[],
  check: Check,
): Promise<{ failed: readonly Failed[]; lost: readonly Failed[] }> {
  const { clock, ledger, signal } = check;
  const end = clock.now() + LONGEST_BLIP;
  let failed = first;
  let isProven = false;
  while (failed.length > 0 && clock.now() < end) {
    await clock.sleep(MINUTE, { signal });
    const still = nodes.flatMap(({ id }) => ledger.nodes.get(id) ?? []).filter((node) => isFree(node, check));
    const now = await findFailed(still, check);
    isProven = now.length < still.length;
    failed = now.filter(({ node }) => failed.some((one) => one.node.id === node.id));
  }
  return { failed, lost: isProven ? failed : failed.slice(0, 1) };
}

async function findFailed(nodes: readonly NodeRecord[], check: Check): Promise<readonly Failed[]> {
  const { clock, signal } = check;
  const startedAt = clock.now();
  const failed: Failed[] = [];
  const checks = nodes.map((node, index) =>
    check.inTurn(async () => {
      const early = startedAt + Math.floor(index / AT_ONCE) * ROUND - clock.now();
      if (early > 0) await clock.sleep(early, { signal });
      const message = await whyUnusable(node, check) === null ? null : await whyStillUnusable(node, check);
      if (message !== null) failed.push({ node, message });
    })
  );
  await Promise.allSettled(checks);
  await Promise.all(checks);
  return failed;
}

/** One failure may be a passing one: sshd refuses connections for a moment when too many log in. */
async function whyStillUnusable(node: NodeRecord, check: Check): Promise<string | null> {
  await check.clock.sleep(PAUSE, check);
  return await whyUnusable(node, check);
}

async function whyUnusable(node: NodeRecord, deps: Check): Promise<string | null> {
  const provider = deps.config.providers.find(({ name }) => name === node.provider);
  const image = provider?.images.find(({ name }) => name === node.image);
  if (provider === undefined || image === undefined || node.addresses === null) return null;
  // A key that we cannot read says nothing of the nodes: then the check fails, and they stay.
  await deps.readKey(image.privateKey);
  try {
    const credentials = credentialsFor(node, { image, images: deps.ledger.images, readKey: deps.readKey });
    const timeout = provider.checkTimeout;
    await logIn(node, node.addresses.login, { ...deps, provider, image, credentials, timeout });
    return null;
  } catch (error) {
    deps.signal.throwIfAborted();
    return errorChain(error);
  }
}

async function remove({ node, message }: Failed, { ledger, clock }: CheckReadyDeps): Promise<void> {
  await ledger.changeNode(node.id, (current) => {
    if (current.state.phase !== "ready") return current;
    const comment = `failed the check: ${message}`;
    return transition(current, { type: "delete", by: "check", comment, result: "lost" }, clock.now());
  });
}
