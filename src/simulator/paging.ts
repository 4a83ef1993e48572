import { ApiRefusal } from "./api_refusal.ts";

/**
 * The part of a list that comes after the item with the marker's id.
 * @throws Refusal 400 where no item has it
 */
export function pageAfter<T extends { readonly id: string }>(
  items: readonly T[],
  { marker, limit }: { marker: string | null; limit: number },
): { page: readonly T[]; more: boolean } {
  let start = 0;
  if (marker !== null) {
    start = items.findIndex((item) => item.id === marker) + 1;
    if (start === 0) throw new ApiRefusal(400, `marker [${marker}] not found`);
  }
  return { page: items.slice(start, start + limit), more: start + limit < items.length };
}
