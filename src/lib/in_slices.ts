/**
 * Work on thousands of things, a few hundred at a time: in between whatever else is due has its turn, so that no long
 * list holds up all the rest. Callers work on data that cannot change meanwhile.
 */

/** As many records take a few milliseconds to be read, or to be shown. */
const SLICE = 500;

/** Resolves once what else is due has had its turn. */
export function othersTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** @param slice more where each of them takes less */
export async function inSlices<Item>(
  items: Iterable<Item>,
  visit: (item: Item) => void,
  slice = SLICE,
): Promise<void> {
  let left = slice;
  for (const item of items) {
    if (left-- === 0) {
      await othersTurn();
      left = slice - 1;
    }
    visit(item);
  }
}
