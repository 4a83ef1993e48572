/** A text with addresses in it that may carry a user and a password, without them. */
export function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, "//***@");
}
