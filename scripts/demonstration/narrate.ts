/** How the demonstration speaks, and how it makes sure that what it says is so. */

export function heading(text: string): void {
  console.log(`\n=== ${text}\n`);
}

/** @throws Error where it is not so */
export function check(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`not so: ${what}`);
}
