import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import { listAllPages, type PageWish } from "../../src/cloud/openstack/paging.ts";

interface Habits {
  /** Items in a page at most, whatever is asked for. */
  cap?: number;
  /** What may be asked for at most: more is refused. */
  most?: number;
  pageSize?: number;
  ignores?: readonly ("limit" | "marker")[];
  /** What it says of another page: Nova says so of each full one, some never do, some always. */
  links?: "full" | "more" | "never" | "always";
  /** Whether the page after an item begins with that item. */
  inclusive?: boolean;
  /** Whether a policy leaves the item at that place out of the page, which has a next one all the same. */
  hides?: (index: number) => boolean;
}

async function list(count: number, habits: Habits): Promise<{ count: number; requests: number }> {
  const {
    cap = 1000,
    most = Infinity,
    pageSize = 10,
    ignores = [],
    links = "more",
    inclusive = false,
    hides,
  } = habits;
  const all = Array.from({ length: count }, (_, index) => ({ id: `item-${index}` }));
  let requests = 0;
  const items = await listAllPages({
    pageSize,
    refuse: (message) => new CloudError("badResponse", message),
    fetch({ marker, limit: asked }: PageWish) {
      requests++;
      if (asked > most) return Promise.reject(new CloudError("badRequest", "limit", { status: 400 }));
      const limit = ignores.includes("limit") ? Infinity : Math.min(asked, cap);
      const at = marker === null || ignores.includes("marker")
        ? 0
        : all.findIndex(({ id }) => id === marker) + 1;
      const start = at > 0 && inclusive ? at - 1 : at;
      const whole = all.slice(start, start + limit);
      const page = whole.filter((_, index) => hides?.(start + index) !== true);
      const isMore = start + limit < all.length;
      const hasNext = { full: whole.length === limit, more: isMore, never: false, always: true }[links];
      const next = hasNext ? whole.at(-1)?.id ?? marker ?? "" : null;
      return Promise.resolve({ items: page, ids: page.map(({ id }) => id), given: page.length, next });
    },
  });
  return { count: items.length, requests };
}

const WITHOUT_PAGING = ["limit", "marker"] as const;

for (
  const [title, count, habits, requests] of [
    ["pages by the manual are listed to the end", 25, {}, 3],
    ["pages that only fullness tells of are listed to the end", 20, { links: "never" }, 3],
    ["a cloud's own smaller pages are listed to the end", 25, { cap: 4 }, 7],
    ["more items than asked for are all that there are", 25, { ignores: WITHOUT_PAGING }, 1],
    [
      "as many items as asked for, again and again, are all that there are",
      10,
      { ignores: WITHOUT_PAGING },
      3,
    ],
    ["fewer items than asked for are all that there are", 9, { ignores: WITHOUT_PAGING }, 1],
    ["a next page that is always told of ends where it is empty", 25, { links: "always" }, 4],
    ["a last page that comes again and again is the end", 25, { links: "always", inclusive: true }, 4],
    ["a cloud that heeds no marker is listed in larger pages", 35, { ignores: ["marker"] }, 5],
    ["a cloud that refuses large pages is asked for smaller ones", 250, { pageSize: 1000, most: 200 }, 4],
    ["also where it does not tell of more", 35, { ignores: ["marker"], links: "never" }, 5],
    ["an empty list with a next page that is always told of is empty", 0, { links: "always" }, 1],
  ] as const
) {
  Deno.test(`paging ends, with all items: ${title}`, async () => {
    assert.deepEqual(await list(count, habits), { count, requests });
  });
}

for (
  const [title, hides, left] of [
    ["first", (index: number) => index < 10, 15],
    ["middle", (index: number) => index >= 10 && index < 20, 15],
    ["last", (index: number) => index >= 20, 20],
    ["only", () => true, 0],
  ] as const
) {
  Deno.test(`paging goes on where a policy leaves all items of the ${title} page out`, async () => {
    assert.deepEqual(await list(25, { hides }), { count: left, requests: 3 });
  });
}

for (
  const [title, habits] of [
    ["a cloud that heeds no marker and gives no larger pages", {
      cap: 10,
      ignores: ["marker"],
      links: "full",
    }],
    ["the same with pages that are smaller than asked for", { cap: 4, ignores: ["marker"] }],
  ] as const
) {
  Deno.test(`a list that is truly cut off is noticed: ${title}`, async () => {
    await assert.rejects(list(25, habits), /has nothing new, though the cloud says that there is more/);
  });
}
