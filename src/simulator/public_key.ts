/** SSH public keys as lines: `TYPE BASE64 COMMENT`. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** `TYPE BASE64` of such a line; null for any other line. */
export function publicKeyOf(line: string): string | null {
  const [type, data] = line.trim().split(/\s+/);
  if (type === undefined || data === undefined || !/^[A-Za-z0-9+/]+=*$/.test(data)) return null;
  const blob = Buffer.from(data, "base64");
  if (blob.length < 4 + type.length || blob.readUInt32BE(0) !== type.length) return null;
  return blob.subarray(4, 4 + type.length).toString("latin1") === type ? `${type} ${data}` : null;
}

/** MD5 with colons, as Nova shows it. */
export function fingerprintOf(line: string): string {
  const data = Buffer.from(publicKeyOf(line)?.split(" ")[1] ?? "", "base64");
  return createHash("md5").update(data).digest("hex").match(/../g)!.join(":");
}
