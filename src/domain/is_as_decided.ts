/**
 * Whether a record is still what a plan decided on: between the plan and its action another attempt may have ended, or
 * somebody may have held or deleted it. What only describes it (why it waits, its evidence) may change meanwhile.
 * Pure; the executors ask right before an attempt, deletions before each request.
 */

/** The fields that plans decide by, of nodes and images of either kind. */
interface Decided {
  readonly state: { readonly phase: string };
  readonly attempt: number;
  readonly retryAt: number | null;
  readonly floatingIp?: unknown;
  readonly keypair?: unknown;
}

export function isAsDecided<Entity extends Decided>(decided: Entity, current: Entity): boolean {
  return decided === current || grounds(decided) === grounds(current);
}

function grounds({ state, attempt, retryAt, floatingIp, keypair }: Decided): string {
  return JSON.stringify([state, attempt, retryAt, floatingIp, keypair]);
}
