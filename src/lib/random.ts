/** Chance as a port: seeded in tests, so that a run can be repeated. */

export interface Random {
  /** In [0, 1). */
  float(): number;
  /** A whole number in [0, below). */
  integer(below: number): number;
  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** A random (version 4) UUID. */
  uuid(): string;
}

/** The machine's own randomness. */
export const systemRandom: Random = fromFloats(Math.random, () => crypto.randomUUID());

/** The same numbers for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const float = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const hex = (digits: number) => {
    let text = "";
    while (text.length < digits) text += Math.floor(float() * 16).toString(16);
    return text;
  };
  const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-${"89ab"[Math.floor(float() * 4)]}${hex(3)}-${hex(12)}`;
  return fromFloats(float, uuid);
}

function fromFloats(float: () => number, uuid: () => string): Random {
  const integer = (below: number) => Math.floor(float() * below);
  return { float, integer, pick: (list) => list[integer(list.length)]!, uuid };
}
