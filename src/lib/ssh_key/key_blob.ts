/** The key itself in a line of OpenSSH's, without its type and comment; null: the line has no key. */
export function keyBlob(publicKey: string | null): string | null {
  return publicKey?.trim().split(/\s+/)[1] ?? null;
}
