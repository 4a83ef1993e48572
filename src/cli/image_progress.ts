/**
 * The progress of images that a command waits for: on a terminal bars for uploads and a line for everything else,
 * redrawn.
 */
import type { PoolClient } from "../control/pool_client.ts";
import type { PlacedOrders } from "../control/operations/image_operations.ts";
import type { ImageView } from "../views/image_lists.ts";
import type { CliContext } from "./cli_context.ts";

const LOOK = 500;

interface Waiting {
  readonly pool: PoolClient;
  readonly placed: PlacedOrders;
  readonly signal: AbortSignal;
}

/** Goes on until the signal is aborted, with whose reason it rejects; where it can draw nothing, it ends at once. */
export async function showImageProgress(
  { io }: CliContext,
  { pool, placed, signal }: Waiting,
): Promise<void> {
  // Elsewhere the lines about what it waits for are enough.
  if (io.stderr.columns === null) return;
  let drawn = 0;
  try {
    for (;;) {
      const lines = await describe({ pool, placed, signal });
      io.stderr.write(redraw(lines, drawn, io.stderr.columns ?? 80));
      drawn = lines.length;
      await io.clock.sleep(LOOK, { signal });
    }
  } finally {
    if (drawn > 0) io.stderr.write(redraw([], drawn, 80));
  }
}

async function describe(
  { pool, placed, signal }: Waiting,
): Promise<string[]> {
  const lines: string[] = [];
  for (const { provider, image } of placed.orders) {
    if (provider === null) {
      const { dib_images: builds } = await pool.ask("dib-image-list", { image }, { signal });
      const build = builds.findLast(({ state }) => state === "building");
      if (build !== undefined) {
        lines.push(`diskimage ${image}: ${build.waiting_on?.message ?? "being built"}`);
      }
    } else {
      const { images } = await pool.ask("image-list", { provider, image }, { signal });
      const made = images.findLast(({ state }) => state === "building");
      if (made !== undefined) lines.push(`image ${image} on ${provider}: ${bar(made)}`);
    }
  }
  return lines;
}

const WIDTH = 30;

function bar({ progress, waiting_on }: ImageView): string {
  if (progress === null) return waiting_on?.message ?? "being made";
  const full = Math.round(progress / 100 * WIDTH);
  return `${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${progress}%`;
}

/** Over the lines drawn before. */
function redraw(lines: readonly string[], drawn: number, columns: number): string {
  const up = drawn === 0 ? "" : `\x1b[${drawn}A`;
  return `${up}\x1b[J${lines.map((line) => `${line.slice(0, columns - 1)}\n`).join("")}`;
}
