import { gzipSync } from "node:zlib";
import type { Quirk } from "../quirk.ts";

export const gzip: Quirk = {
  name: "gzip",
  about: "Answers come with Content-Encoding: gzip, though nobody asked for it.",
  answer({ status, headers, body }) {
    if (body === null || body.length === 0) return { status, headers, body: null };
    return {
      status,
      headers: { ...headers, "content-encoding": "gzip" },
      body: new Uint8Array(gzipSync(body)),
    };
  },
};
