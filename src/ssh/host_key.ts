/** Host keys as `TYPE BASE64`, and which kinds of them to ask a server for. */
import { Buffer } from "node:buffer";

/** The text form of a public key as it goes over the wire: its type's length, its type, the rest. */
export function hostKeyText(key: Uint8Array): string {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  const type = bytes.toString("latin1", 4, 4 + bytes.readUInt32BE(0));
  return `${type} ${bytes.toString("base64")}`;
}

/** Best first: ed25519 is the quickest to check. */
export const HOST_KEY_ALGORITHMS = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
  "ssh-rsa",
] as const;

type HostKeyAlgorithm = (typeof HOST_KEY_ALGORITHMS)[number];

/**
 * The order in which to ask for kinds of host keys. Recorded kinds come first: a server that has several would show
 * another one than the recorded one otherwise, and be taken for a stranger.
 */
export function hostKeyPreference(recorded: readonly string[]): HostKeyAlgorithm[] {
  const types = recorded.map((key) => key.split(" ")[0]!);
  const isRecorded = (algorithm: HostKeyAlgorithm) =>
    types.includes(algorithm.startsWith("rsa-") ? "ssh-rsa" : algorithm);
  return [
    ...HOST_KEY_ALGORITHMS.filter(isRecorded),
    ...HOST_KEY_ALGORITHMS.filter((algorithm) => !isRecorded(algorithm)),
  ];
}
