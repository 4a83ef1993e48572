/**
 * An answer's body without its `Content-Encoding`: proxies compress answers that nobody asked them to. What sends
 * requests, `undici_exchange` and the simulator's `send`, calls it.
 */
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { CloudError } from "../domain/cloud_error.ts";

/** Bytes of an answer that are read, unless a client says otherwise. */
export const MAX_BODY = 64 * 2 ** 20;

type Decode = (body: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

const decoders: Readonly<Record<string, Decode>> = {
  identity: (body) => body,
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  // Some leave out the frame that the standard asks for.
  deflate: (body, options) => isZlib(body) ? inflateSync(body, options) : inflateRawSync(body, options),
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

function isZlib([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}

/**
 * @param encoding the header, with several codings in the order in which they were applied
 * @throws CloudError for a coding that is not known, or a body that is not in it or longer than `maxBody` bytes
 */
export function decodedBody(
  body: Uint8Array,
  { encoding, maxBody }: { encoding: string | undefined; maxBody: number },
): Uint8Array {
  if (encoding === undefined || body.byteLength === 0) return body;
  return encoding.split(",").reduceRight(
    (packed, coding) => decoded(packed, { coding: coding.trim(), maxBody }),
    body,
  );
}

function decoded(body: Uint8Array, { coding, maxBody }: { coding: string; maxBody: number }): Uint8Array {
  const decode = decoders[coding.toLowerCase() || "identity"];
  if (decode === undefined) {
    throw new CloudError("badResponse", `the response has the encoding ${coding}, which was not requested`);
  }
  try {
    return decode(body, { maxOutputLength: maxBody });
  } catch (cause) {
    const tooLong = (cause as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
    const what = tooLong ? `is longer than ${maxBody} bytes` : `claims to be ${coding} and is not`;
    throw new CloudError("badResponse", `the response ${what}`, { cause });
  }
}
