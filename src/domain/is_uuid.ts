/** Whether a text is an id as OpenStack gives them, and so no name: images are asked for by either. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);
}
