/**
 * The questions whose answers make a first configuration, between the code that knows the choices (`src/first`) and
 * the code that asks somebody at a terminal (`src/cli`).
 */

export interface Choice<Value> {
  /** For people; what comes from a cloud may have any characters. */
  readonly label: string;
  /** By which it can be given: a name, an id. */
  readonly names: readonly string[];
  readonly value: Value;
}

export interface Question<Value> {
  /** A noun: `image`. */
  readonly what: string;
  /** Never empty; the first is proposed. */
  readonly choices: readonly Choice<Value>[];
  /** Why the first is no proposal, and what to do; left out or null: it is one. */
  readonly unclear?: string | null;
}

interface TextQuestion {
  readonly what: string;
  /** null: none is proposed, and `unclear` says why and what to do. */
  readonly proposal: string | null;
  readonly unclear: string;
}

export interface Dialog {
  choose<Value>(question: Question<Value>): Promise<Value>;
  enter(question: TextQuestion): Promise<string>;
}

/** Answers that are there before the questions; null: the question is asked. */
export interface GivenAnswers {
  readonly cloud: string | null;
  readonly image: string | null;
  readonly username: string | null;
  readonly flavor: string | null;
  readonly network: string | null;
  readonly keypair: string | null;
  /** Where servers answer SSH. */
  readonly connectionPort: number | null;
  /** Whether nodes may have floating IPs. */
  readonly floatingIps: boolean;
}

/** A first configuration that has been written. */
export interface FirstConfigView {
  readonly file: string;
  readonly cloud: string;
  readonly label: string;
  readonly keypair: string;
  readonly privateKey: string;
  /** Whether the private key was made for it, and whether the cloud was given its public half. */
  readonly isNewKey: boolean;
  readonly isNewKeypair: boolean;
}

export function findChoice<Value>(name: string, choices: readonly Choice<Value>[]): Choice<Value> | null {
  return choices.find(({ names }) => names.includes(name)) ?? null;
}
