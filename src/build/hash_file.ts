/**
 * The hashes that a cloud's image service shows of a file, from one pass over it, once the file is safe on the disk.
 */
import { createHash } from "node:crypto";
import type { ImageFile } from "../domain/dib_image.ts";
import type { Call } from "../lib/call.ts";

/** Hashing so much takes about a millisecond, after which others have their turn. */
const CHUNK = 256 * 1024;

/** @throws Deno.errors.* where it cannot be read; the signal's reason on abort */
export async function hashFile(path: string, { signal }: Call): Promise<Omit<ImageFile, "format">> {
  using file = await Deno.open(path);
  await file.syncData();
  const [md5, sha512] = [createHash("md5"), createHash("sha512")];
  const chunk = new Uint8Array(CHUNK);
  let size = 0;
  for (;;) {
    signal.throwIfAborted();
    const read = await file.read(chunk);
    if (read === null) return { size, md5: md5.digest("hex"), sha512: sha512.digest("hex") };
    md5.update(chunk.subarray(0, read));
    sha512.update(chunk.subarray(0, read));
    size += read;
  }
}
