/** The findings of `state check`. */
export interface StateCheck {
  readonly installation: string;
  /** The version of its form, and that which the present program gives it at its first start. */
  readonly schema: number;
  readonly newSchema: number;
  /** Records that could be read, by their kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** One line each; empty: all is well. */
  readonly oddities: readonly string[];
}
