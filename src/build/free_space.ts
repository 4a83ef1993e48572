/** Whether a folder has room for a build, as well as that can be known before. */
import { statfs } from "node:fs/promises";

const GIB = 2 ** 30;

/** Images grow from build to build, and are there twice while they are converted. */
const GROWTH = 1.5;

/** Bytes that must be free for a build, from the size of the last one; 0: not known. */
export function wantedBytes(expectedSize: number): number {
  return Math.max(GIB, GROWTH * expectedSize);
}

/** Bytes that this process may still write into a folder. @throws Error where there is no such folder */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
