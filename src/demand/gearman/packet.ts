/**
 * Gearman's binary packets: magic, type, size, and arguments with a NUL after each but the last, which alone may
 * contain NULs. http://gearman.org/protocol/ numbers and names them. Both directions: tests write workers with it.
 */

/** The number of each type and how many arguments it has; in the order of the numbers. */
const TYPES = {
  CAN_DO: [1, 1],
  CANT_DO: [2, 1],
  RESET_ABILITIES: [3, 0],
  PRE_SLEEP: [4, 0],
  NOOP: [6, 0],
  SUBMIT_JOB: [7, 3],
  JOB_CREATED: [8, 1],
  GRAB_JOB: [9, 0],
  NO_JOB: [10, 0],
  JOB_ASSIGN: [11, 3],
  WORK_STATUS: [12, 3],
  WORK_COMPLETE: [13, 2],
  WORK_FAIL: [14, 1],
  GET_STATUS: [15, 1],
  ECHO_REQ: [16, 1],
  ECHO_RES: [17, 1],
  SUBMIT_JOB_BG: [18, 3],
  ERROR: [19, 2],
  STATUS_RES: [20, 5],
  SET_CLIENT_ID: [22, 1],
  WORK_EXCEPTION: [25, 2],
  OPTION_REQ: [26, 1],
  OPTION_RES: [27, 1],
  WORK_DATA: [28, 2],
  WORK_WARNING: [29, 2],
  GRAB_JOB_UNIQ: [30, 0],
  JOB_ASSIGN_UNIQ: [31, 4],
} as const;

export type PacketType = keyof typeof TYPES;
type Magic = "REQ" | "RES";

export interface Packet {
  readonly magic: Magic;
  readonly type: PacketType;
  /** As many as the type has. */
  readonly args: readonly Uint8Array[];
}

export const HEADER_SIZE = 12;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The bytes of a packet.
 * @throws Error where an argument before the last contains a NUL, which would make two of it
 */
export function encodePacket(
  magic: Magic,
  { type, args }: { type: PacketType; args: readonly (string | Uint8Array)[] },
): Uint8Array {
  const [code, count] = TYPES[type];
  if (args.length !== count) throw new Error(`${type} takes ${count} arguments, not ${args.length}`);
  const parts = args.map((arg) => typeof arg === "string" ? encoder.encode(arg) : arg);
  if (parts.slice(0, -1).some((part) => part.includes(0))) {
    throw new Error(`cannot send ${type}: an argument contains a NUL character`);
  }
  const size = parts.reduce((sum, { length }) => sum + length, Math.max(0, count - 1));
  const packet = new Uint8Array(HEADER_SIZE + size);
  packet.set(encoder.encode(`\0${magic}`));
  const header = new DataView(packet.buffer);
  header.setUint32(4, code);
  header.setUint32(8, size);
  let offset = HEADER_SIZE;
  for (const part of parts) {
    packet.set(part, offset);
    offset += part.length + 1;
  }
  return packet;
}

/**
 * Reads a header; `size` is that of the bytes after it.
 * @throws Error where no packet begins so
 */
export function readHeader(header: DataView): { magic: Magic; type: PacketType; size: number } {
  const text = decoder.decode(header).slice(0, 4);
  const magic = text === "\0RES" ? "RES" : text === "\0REQ" ? "REQ" : null;
  if (magic === null) throw new Error("it sent bytes that are not a Gearman packet");
  const code = header.getUint32(4);
  const type = typesByCode.get(code);
  if (type === undefined) throw new Error(`it sent a packet of the unknown type ${code}`);
  return { magic, type, size: header.getUint32(8) };
}

/** The arguments in the bytes after the header. @throws Error where there are too few */
export function splitArguments(type: PacketType, body: Uint8Array): Uint8Array[] {
  const count = TYPES[type][1];
  if (count === 0) return [];
  const args: Uint8Array[] = [];
  let start = 0;
  while (args.length < count - 1) {
    const end = body.indexOf(0, start);
    if (end < 0) throw new Error(`it sent a ${type} packet with fewer than ${count} arguments`);
    args.push(body.subarray(start, end));
    start = end + 1;
  }
  return [...args, body.subarray(start)];
}

const typesByCode = new Map(
  Object.entries(TYPES).map(([type, [code]]): [number, PacketType] => [code, type as PacketType]),
);
