/** The machine's words for why a file could not be used, without its path. @param missing what to say where it is not there */
export function fileReason(error: unknown, missing = "there is no such file"): string {
  if (error instanceof Deno.errors.NotFound) return missing;
  // Deno's own words would have users give the program all permissions.
  if (error instanceof Deno.errors.NotCapable) return "this program may not use files there";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.NotADirectory) return "a part of its path is not a directory";
  return error instanceof Error ? error.message.replace(/ \(os error \d+\).*$/s, "") : String(error);
}
