/** Asks for something in the file system that may not be there. */

/** null: there is nothing of that name. @throws Deno.errors.* other than NotFound */
export async function ifThere<Found>(asked: Promise<Found>): Promise<Found | null> {
  return await asked.catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
}
