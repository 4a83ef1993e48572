/** How a choice is made where nobody is asked: by a name that was given, or as proposed. */
import { type Dialog, findChoice, type Question } from "../domain/first_config.ts";
import { suggest } from "../lib/suggest.ts";

/** Why no configuration can be written, and what to do. */
export class FirstConfigError extends Error {
  override readonly name = "FirstConfigError";
}

/** Takes every proposal. @throws FirstConfigError where nothing is proposed */
export const proposals: Dialog = {
  choose: ({ choices, unclear = null }) => settled(unclear === null ? choices[0]!.value : null, unclear),
  enter: ({ proposal, unclear }) => settled(proposal, unclear),
};

function settled<Value>(proposal: Value | null, unclear: string | null): Promise<Value> {
  return proposal === null ? Promise.reject(new FirstConfigError(unclear ?? "")) : Promise.resolve(proposal);
}

/** The choice of the name that was given, else the one that the dialog makes. */
export async function choice<Value>(
  dialog: Dialog,
  { given, ...question }: Question<Value> & { given: string | null },
): Promise<Value> {
  if (given === null) return await dialog.choose(question);
  const found = findChoice(given, question.choices);
  if (found !== null) return found.value;
  const known = question.choices.flatMap(({ names }) => names.slice(0, 1));
  throw new FirstConfigError(`there is no ${question.what} ${given}${suggest(given, known)}`);
}
