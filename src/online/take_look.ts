/**
 * Looks at one provider's cloud, within a time that no other provider depends on. What the daemon would know before it
 * launches is asked for by the daemon's own `ProviderWatch`; in addition, everything that only the cloud could refuse
 * later. It only reads: nothing but the login is sent with another method than GET.
 */
import type { WholeCloud } from "../cloud/cloud.ts";
import type { ProviderConfig } from "../domain/config.ts";
import { NodeIndex } from "../domain/node_index.ts";
import type { Observation } from "../domain/observation.ts";
import { durationText, MINUTE } from "../domain/time.ts";
import { Deletions } from "../execute/deletions.ts";
import type { Clock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { errorChain } from "../lib/error_chain.ts";
import { ProviderWatch } from "../tasks/provider_watch.ts";
import { planWatch, type WatchNeeds } from "../tasks/watch_needs.ts";
import type { Asked, LocalLook, Look } from "./look.ts";

/** For one cloud, login and all. */
const LOOK_TIME = MINUTE;

export interface LookDeps {
  readonly cloud: WholeCloud;
  readonly clock: Clock;
  readonly local: LocalLook;
  readonly signal: AbortSignal;
}

/** @throws only the signal's reason */
export async function takeLook(
  { provider, labels }: Pick<Look, "provider" | "labels">,
  deps: LookDeps,
): Promise<Look> {
  const { cloud, clock } = deps;
  const images = provider.images.filter(({ name }) => labels.some(({ image }) => image === name));
  using deadline = startDeadline({ ...deps, timeout: LOOK_TIME });
  const { signal } = deadline;
  const ask = <Value>(answer: () => Promise<Value>) => asked(answer, { isLate: () => deadline.passed, deps });
  const login = await ask(() => cloud.logIn({ signal }));
  const watch = watchOf(provider, deps);
  const isIn = "value" in login;
  const askIf = <Value>(isNeeded: boolean, answer: () => Promise<Value>) =>
    isNeeded && isIn ? ask(answer) : Promise.resolve(null);
  const [observed, zones, keypairs, securityGroups] = await Promise.all([
    isIn ? ask(() => watch.observe(signal)) : login,
    askIf(provider.availabilityZones.length > 0, () => cloud.listZones({ signal })),
    askIf(images.some(({ keypair }) => keypair !== null), () => cloud.listKeypairs({ signal })),
    askIf(provider.securityGroups.length > 0, () => cloud.listSecurityGroups({ signal })),
  ]);
  const seen = failedWith(watch.observation, { answer: observed, now: clock.now() });
  const lacksImage = [...seen.catalog.images.values()].some((image) => image?.status !== "active");
  return {
    provider,
    labels,
    images,
    local: deps.local,
    login,
    seen,
    cloudAhead: watch.cloudAhead,
    zones,
    keypairs,
    securityGroups,
    cloudImages: await askIf(lacksImage, () => cloud.listImages({ signal })),
    certificates: cloud.stats.certificates,
    now: clock.now(),
    wallOffset: clock.wall() - clock.now(),
  };
}

async function asked<Value>(
  answer: () => Promise<Value>,
  { isLate, deps }: { isLate: () => boolean; deps: LookDeps },
): Promise<Asked<Value>> {
  try {
    return { value: await answer() };
  } catch (error) {
    deps.signal.throwIfAborted();
    return { problem: isLate() ? `no response within ${durationText(LOOK_TIME)}` : errorChain(error) };
  }
}

/** As the daemon's, of a pool that has nothing yet. */
function watchOf(provider: ProviderConfig, { cloud, clock }: LookDeps): ProviderWatch {
  const nothing = { nodeIndex: NodeIndex.of([]), images: new Map() };
  const needs = (): WatchNeeds =>
    planWatch([], {
      provider,
      networks: watch.observation.catalog.networks,
      images: [],
      wanted: true,
      leakCheck: null,
      now: clock.now(),
    });
  const watch = new ProviderWatch({
    provider,
    cloud,
    clock,
    deletions: new Deletions({
      provider: provider.name,
      cloud,
      clock,
      ledger: nothing,
      whyFrozen: () => "this check only reads",
      tell: () => {},
    }),
    installation: "",
    needs,
    expected: () => [],
    patience: LOOK_TIME,
  });
  return watch;
}

/** A look that broke off is a failed one. */
function failedWith(
  seen: Observation,
  { answer, now }: { answer: Asked<unknown>; now: number },
): Observation {
  if (seen.failure !== null || "value" in answer) return seen;
  return { ...seen, failure: { message: answer.problem, since: now } };
}
