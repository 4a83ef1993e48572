import { gzipSync } from "node:zlib";
import type { Quirk } from "../quirk.ts";

export const gzip: Quirk = {
  name: "gzip",
  about: "Answers come with Content-Encoding: gzip, though nobody asked for it.",
  async answer(answer) {
    const body = await answer.bytes();
    if (body.byteLength === 0) return new Response(null, answer);
    const encoded = new Response(new Uint8Array(gzipSync(body)), answer);
    encoded.headers.set("content-encoding", "gzip");
    return encoded;
  },
};
