/** A name as one part of an address; null where an address cannot hold it: it would lead to another place. */
export function pathSegment(name: string): string | null {
  return name === "" || name === "." || name === ".." ? null : encodeURIComponent(name);
}
