/** Logs in to every ready node and removes those where that no longer works. Run by the cron `check`. */
import type { Config } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import { transition } from "../domain/node_transition.ts";
import { credentialsFor } from "../execute/credentials.ts";
import { logIn } from "../execute/login.ts";
import { type Milliseconds, MINUTE, SECOND } from "../domain/time.ts";
import { atMost } from "../lib/at_most.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { LoginError, type LoginFailure, type Shell } from "../ssh/shell.ts";
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
/** Fewer than this are too few to tell by their number. */
const SMALLEST_SAMPLE = 4;
/**
 * Those that do not answer are looked at again, each minute for so long: longer than a switch or a firewall on our side of the
 * network takes to come back, or a load on this machine to pass; still longer where too few are there to tell it by.
 */
const BLIP = { shown: 3 * MINUTE, untold: 10 * MINUTE };
/** Failures in which the server itself refused us, or is not the one that was made ready: no blip does that. */
const SAID_BY_SERVER: ReadonlySet<LoginFailure> = new Set(["hostKey", "auth", "account", "command"]);

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
  /** Whether the server said so itself. */
  readonly isSure: boolean;
}

export async function checkReadyNodes(
  deps: CheckReadyDeps,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const inTurn = atMost(AT_ONCE, { clock: deps.clock, placeTime: PLACE_TIME });
  const check = { ...deps, inTurn, signal };
  const ready = [...deps.ledger.nodes.values()].filter((node) =>
    isFree(node, (id) => deps.ledger.nodes.get(id))
  );
  const checks = [...Map.groupBy(ready, (node) => node.provider)].map(([provider, nodes]) =>
    checkProvider(provider, nodes, check)
  );
  await Promise.allSettled(checks);
  await Promise.all(checks);
}

/** A subnode is in use as long as its node is. */
function isFree(
  { state, parentId }: NodeRecord,
  nodeOf: (id: number) => NodeRecord | null | undefined,
): boolean {
  return state.phase === "ready" && (parentId === null || nodeOf(parentId)?.state.phase === "ready");
}

async function checkProvider(
  provider: string,
  nodes: readonly NodeRecord[],
  check: Check,
): Promise<void> {
  if (!check.isReachable(provider)) return;
  const first = await findFailed(nodes, check);
  const isMost = first.length > nodes.length * LARGEST_PART;
  const { failed, lost } = isMost && nodes.length >= SMALLEST_SAMPLE
    ? { failed: first, lost: [] }
    : isMost
    ? await lookAgain(first, nodes, check)
    : await lookAtSilent(first, nodes, check);
  if (!check.isReachable(provider)) return;
  if (lost.length < failed.length) {
    const message = `${failed.length} of ${nodes.length} ready nodes failed the check: ${failed[0]?.message}`;
    check.onDoubt(provider, message);
  }
  await Promise.all(lost.map((one) => remove(one, check)));
}

type Judged = Record<"failed" | "lost", readonly Failed[]>;

/** Those that fail each time, until the longest blip on our side would be over. */
async function lookAgain(
  first: readonly Failed[],
  nodes: readonly NodeRecord[],
  check: Check,
): Promise<Judged> {
  const { failed, isProven } = await failingFor(BLIP.untold, { first, nodes }, check);
  // Where no other node shows that our side is well, one at most is lost: the login to its successor will tell of the rest.
  return { failed, lost: isProven ? failed : failed.slice(0, 1) };
}

/** The few that fail among many: those that do not answer, while some of the others do, and those that refuse us. */
async function lookAtSilent(
  first: readonly Failed[],
  nodes: readonly NodeRecord[],
  check: Check,
): Promise<Judged> {
  const [sure, silent] = [first.filter(({ isSure }) => isSure), first.filter(({ isSure }) => !isSure)];
  const failing = new Set(first.map(({ node }) => node.id));
  // The newest are handed out last.
  const well = nodes.filter(({ id }) => !failing.has(id)).slice(-AT_ONCE);
  const looked = [...silent.map(({ node }) => node), ...well];
  const { failed, isProven } = await failingFor(BLIP.shown, { first: silent, nodes: looked }, check);
  return { failed: [...sure, ...failed], lost: isProven ? [...sure, ...failed] : sure };
}

/** @returns those that fail at each look; `isProven`: at the last one, others of the nodes did not fail */
async function failingFor(
  time: Milliseconds,
  { first, nodes }: { first: readonly Failed[]; nodes: readonly NodeRecord[] },
  check: Check,
): Promise<{ failed: readonly Failed[]; isProven: boolean }> {
  const { clock, ledger, signal } = check;
  const end = clock.now() + time;
  let failed = first;
  let isProven = false;
  while (failed.length > 0 && clock.now() < end) {
    await clock.sleep(MINUTE, { signal });
    const still = nodes.flatMap(({ id }) => ledger.nodes.get(id) ?? []).filter((node) =>
      isFree(node, (id) => ledger.nodes.get(id))
    );
    const now = await findFailed(still, check);
    isProven = now.length < still.length;
    failed = now.filter(({ node }) => failed.some((one) => one.node.id === node.id));
  }
  return { failed, isProven };
}

async function findFailed(nodes: readonly NodeRecord[], check: Check): Promise<readonly Failed[]> {
  const { clock, signal } = check;
  const startedAt = clock.now();
  const failed: Failed[] = [];
  const checks = nodes.map((node, index) =>
    check.inTurn(async () => {
      const early = startedAt + Math.floor(index / AT_ONCE) * ROUND - clock.now();
      if (early > 0) await clock.sleep(early, { signal });
      if (await whyUnusable(node, check) === null) return;
      // One failure may be a passing one: sshd refuses connections for a moment when too many log in.
      await clock.sleep(PAUSE, { signal });
      const failure = await whyUnusable(node, check);
      if (failure !== null) failed.push({ node, ...failure });
    })
  );
  await Promise.allSettled(checks);
  await Promise.all(checks);
  return failed;
}

async function whyUnusable(node: NodeRecord, deps: Check): Promise<Omit<Failed, "node"> | null> {
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
    const isSure = error instanceof LoginError && SAID_BY_SERVER.has(error.failure);
    return { message: errorChain(error), isSure };
  }
}

async function remove({ node: { id }, message }: Failed, { ledger, clock }: CheckReadyDeps): Promise<void> {
  await ledger.changeNode(id, (node, edit) => {
    if (!isFree(node, (parentId) => edit.node(parentId))) return node;
    const comment = `failed the check: ${message}`;
    return transition(node, { type: "delete", by: "check", comment, result: "lost" }, clock.now());
  });
}
