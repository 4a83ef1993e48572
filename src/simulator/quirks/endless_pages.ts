import type { Quirk } from "../quirk.ts";

export const endlessPages: Quirk = {
  name: "endless-pages",
  about: "Each page of a list says that another one follows, also the last.",
  body(body, { operation, options, url }) {
    if (!operation.endsWith(".list")) return body;
    const key = Object.keys(body).find((name) => Array.isArray(body[name]) && !name.endsWith("_links"));
    if (key === undefined) return body;
    const href = `${url}${options.path}?${options.query}`;
    return key === "images"
      ? { next: href, ...body }
      : { [`${key}_links`]: [{ rel: "next", href }], ...body };
  },
};
