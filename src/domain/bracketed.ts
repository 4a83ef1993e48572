/** A host as it is written before a port, in addresses and for people: IPv6 in brackets. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** The host of an address without them, as it is connected to. */
export function unbracketed(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}
