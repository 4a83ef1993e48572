/** How a choice is made where nobody is asked: by a name that was given, or as proposed. */
import { type Dialog, findChoice, type Question } from "../domain/first_config.ts";
import { namesText } from "../lib/names_text.ts";
import { nearestName } from "../lib/nearest_name.ts";

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
  if (found === null) throw new FirstConfigError(noSuch(given, question));
  return found.value;
}

function noSuch<Value>(name: string, { what, choices }: Question<Value>): string {
  const known = choices.flatMap(({ names }) => names.slice(0, 1));
  const near = nearestName(name, known);
  if (near !== null) return `there is no ${what} ${name}; did you mean ${near}?`;
  const shown = namesText(known, { most: MOST_LISTED });
  return `there is no ${what} ${name}; ${known.length === 0 ? "there are none" : `there are ${shown}`}`;
}

const MOST_LISTED = 8;
