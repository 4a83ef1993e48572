/** An image's data on its way to Glance: sent once, for as long as it moves. `image` calls it. */
import { type Milliseconds, MINUTE } from "../../domain/time.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ImageData } from "../cloud.ts";
import { Outflow } from "./outflow.ts";
import type { Session } from "./session.ts";
import type { Call } from "../../lib/call.ts";

/**
 * A token that ends within an upload can cost the whole of it: some stores are written to with the user's own. Most
 * uploads are shorter than this, and tokens live an hour or more.
 */
const TOKEN_GOOD_FOR: Milliseconds = 30 * MINUTE;

export async function uploadImage(
  id: string,
  data: ImageData,
  { session, clock, signal }: Call & { session: Session; clock: Clock },
): Promise<void> {
  using outflow = new Outflow(data, { clock });
  await session.request({
    action: `upload image ${id}`,
    service: "image",
    method: "PUT",
    path: `/images/${encodeURIComponent(id)}/file`,
    outflow,
    tokenGoodFor: TOKEN_GOOD_FOR,
    repeatable: false,
    signal,
  });
}
