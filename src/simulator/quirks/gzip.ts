import type { Quirk } from "../quirk.ts";

export const gzip: Quirk = {
  name: "gzip",
  about: "Answers come with Content-Encoding: gzip, though nobody asked for it.",
  async answer(answer) {
    const body = await answer.arrayBuffer();
    if (body.byteLength === 0) return new Response(null, answer);
    const packed = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
    const encoded = new Response(await new Response(packed).arrayBuffer(), answer);
    encoded.headers.set("content-encoding", "gzip");
    return encoded;
  },
};
