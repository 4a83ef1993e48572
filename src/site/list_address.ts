/** Addresses of a list's page: the one that was asked for, with some of its parameters changed. */

/** Null or an empty text: without that parameter. A change leads to the first page. */
type AddressChange = Readonly<Record<string, string | number | null>>;

export function listAddress(
  path: string,
  { asked, change = {} }: { asked: URLSearchParams; change?: AddressChange },
): string {
  const query = new URLSearchParams(asked);
  for (const [key, value] of Object.entries({ page: null, ...change })) {
    if (value === null || value === "") query.delete(key);
    else query.set(key, String(value));
  }
  return query.size === 0 ? path : `${path}?${query}`;
}
