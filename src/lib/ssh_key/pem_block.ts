/** The first private key in a text of PEM blocks, regardless of the text around it and of how its lines are broken. */

export interface PemBlock {
  /** `RSA PRIVATE KEY` and the like. */
  readonly label: string;
  /** `Proc-Type`, `DEK-Info`; by name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
}

/** null: no block; "cut": it has no end; "damaged": it is not base64 */
export function findPrivateKey(text: string): PemBlock | "cut" | "damaged" | null {
  const begin = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----/.exec(text);
  if (begin === null) return null;
  const [line, label = ""] = begin;
  const start = begin.index + line.length;
  const end = text.indexOf(`-----END ${label}-----`, start);
  if (end < 0) return "cut";
  const { headers, body } = withoutHeaders(text.slice(start, end));
  const bytes = decodeBase64(body);
  return bytes === null || bytes.length === 0 ? "damaged" : { label, headers, bytes };
}

export function pemText({ label, bytes }: Pick<PemBlock, "label" | "bytes">): string {
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function withoutHeaders(content: string): { headers: Map<string, string>; body: string } {
  const headers = new Map<string, string>();
  const body = content.split(/\r\n|\n|\r/).filter((line) => {
    const header = /^\s*([A-Za-z][A-Za-z-]*):\s*(.*?)\s*$/.exec(line);
    if (header !== null) headers.set(header[1]!, header[2]!);
    return header === null;
  });
  return { headers, body: body.join("") };
}

function decodeBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(text.replace(/\s+/g, ""));
  } catch {
    return null;
  }
}
