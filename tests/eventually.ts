/** Waiting in real time for what processes, sockets and threads do: on a condition, never for a fixed time. */

/** Milliseconds that only something that hangs takes, however busy the machine is. */
export const PATIENCE = 180_000;

/** Resolves when the condition holds; fails when it does not in all that time. `meanwhile` is called before each look. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  meanwhile: () => unknown = () => {},
): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (await meanwhile(); !(await condition()); await meanwhile()) {
    if (performance.now() > deadline) {
      throw new Error(`did not come true within ${PATIENCE} ms: ${condition}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
