/** The `…_links` of a listing's page. */
import * as v from "valibot";

export const LinksSchema = v.nullish(v.array(v.object({ rel: v.nullish(v.string()) })));

/** Only that there is a next page is believed; its address may be one that a proxy hides. */
export function hasNextLink(links: v.InferOutput<typeof LinksSchema>): boolean {
  return links?.some((link) => link.rel === "next") ?? false;
}
