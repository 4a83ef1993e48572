/** Waiting for what other processes do. */

const LIMIT = 20_000;

/** Resolves when the condition holds; fails after 20 s. `meanwhile` is called before each look. */
export async function eventually(
  condition: () => boolean,
  meanwhile: () => void | Promise<void> = () => {},
): Promise<void> {
  const deadline = Date.now() + LIMIT;
  for (await meanwhile(); !condition(); await meanwhile()) {
    if (Date.now() > deadline) throw new Error(`did not come true within ${LIMIT} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
