/** Asks providers side by side for what they have; one that does not answer is a warning. */
import type { Cloud } from "../cloud/cloud.ts";
import type { Call } from "../lib/call.ts";
import { errorChain } from "../lib/error_chain.ts";

export interface AskedProviders {
  readonly providers: readonly { readonly name: string; readonly cloud: Cloud }[];
  /** The name of one of them; null: all. */
  readonly only: string | null;
}

export async function askEachProvider<Found>(
  { providers, only, signal }: AskedProviders & Call,
  ask: (cloud: Cloud, provider: string) => Promise<readonly Found[]>,
): Promise<{ readonly found: readonly Found[]; readonly warnings: readonly string[] }> {
  const asked = providers.filter(({ name }) => only === null || name === only);
  const answers = await Promise.all(asked.map(async ({ name, cloud }) => {
    try {
      return { found: await ask(cloud, name), warnings: [] };
    } catch (error) {
      signal.throwIfAborted();
      return { found: [], warnings: [`cannot query ${name}: ${errorChain(error)}`] };
    }
  }));
  return {
    found: answers.flatMap(({ found }) => found),
    warnings: answers.flatMap(({ warnings }) => warnings),
  };
}
