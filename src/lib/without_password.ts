/** A text with addresses in it that may carry a user and a password, without them; an address may be broken. */
export function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, "//***@").replace(/[^\s/@:"'{}[\],]*:[^\s/@]+@/g, "***@");
}
