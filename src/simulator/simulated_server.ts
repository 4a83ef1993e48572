/**
 * One server of a simulated cloud. Everything that happens to it is planned as instants when it is asked for, so
 * that its state is a pure function of the time and no server needs a timer.
 */
import type { Instant } from "../domain/time.ts";
import type { ServerFiles } from "./server_files.ts";
import { type ImageAtBoot, type SimulatedImage, snapshotEnd, snapshotTaskAt } from "./simulated_image.ts";

/** How a server's SSH behaves once its time has come. */
export type SshBehaviour = "open" | "never" | "refusesKey" | "closes";

export interface SimulatedServer {
  readonly id: string;
  /** Order of creation in its cloud; listings go from the highest down. */
  readonly sequence: number;
  readonly name: string;
  readonly flavor: {
    readonly id: string;
    readonly vcpus: number;
    readonly ram: number;
    readonly disk: number;
  };
  /** Empty where it boots from a volume. */
  readonly imageId: string;
  /** null where it boots from a volume. */
  readonly imageAtBoot: ImageAtBoot | null;
  readonly keyName: string | null;
  /** The keypair as it was at boot: `TYPE BASE64`. */
  readonly publicKey: string | null;
  readonly zone: string;
  readonly securityGroups: readonly string[];
  readonly configDrive: boolean;
  readonly createdAt: Instant;
  metadata: Record<string, string>;
  /** Changed by metadata requests; other changes are given by the instants below. */
  touchedAt: Instant;
  /** End of its build; Infinity: it never ends. */
  builtAt: Instant;
  /** The error that its build ends with. */
  fault: string | null;
  /** When its addresses show; Infinity: never. */
  addressAt: Instant;
  /** Its first is the one that floating IPs are asked for. */
  ports: SimulatedPort[];
  /** When logins are answered. */
  sshAt: Instant;
  ssh: SshBehaviour;
  /** Rises when the server shows another host key. */
  hostKeyEpoch: number;
  /** How many commands have run on it: those of logins included, forced ones not. */
  commandsRun: number;
  /** The last image that was taken of it; null: none ever. */
  snapshot: SimulatedImage | null;
  /** The files that logins put there. */
  readonly files: ServerFiles;
  /** Gone without a word: `changes-since` does not tell of it. */
  traceless: boolean;
  /** Until when its cell is down; whether Nova tells of servers in cells that are down, from 2.69 on. */
  cellDown: { readonly until: Instant; readonly told: boolean } | null;
  /** When its deletion was accepted. */
  deleteAskedAt: Instant | null;
  /** When it is gone; Infinity: a deletion that never ends. */
  goneAt: Instant;
}

export interface SimulatedPort {
  readonly id: string;
  readonly name: string;
  readonly networkId: string;
  readonly address: string;
  readonly mac: string;
  readonly createdAt: Instant;
  /** Whether it was made for its server and goes with it. */
  readonly goesWithServer: boolean;
  server: SimulatedServer | null;
  floatingIp: SimulatedFloatingIp | null;
  down: boolean;
}

export interface SimulatedFloatingIp {
  readonly id: string;
  readonly networkId: string;
  readonly address: string;
  readonly createdAt: Instant;
  readonly description: string;
  port: SimulatedPort | null;
}

/** Nova's status, with `DELETED` once it is gone. */
export function statusAt(server: SimulatedServer, now: Instant): string {
  if (now >= server.goneAt) return "DELETED";
  if (now < server.builtAt) return "BUILD";
  return server.fault === null ? "ACTIVE" : "ERROR";
}

/** Nova's task state: what is being done to it. */
export function taskStateAt(server: SimulatedServer, now: Instant): string | null {
  if (now >= server.goneAt) return null;
  if (server.deleteAskedAt !== null && now >= server.deleteAskedAt) return "deleting";
  if (now >= server.builtAt) return server.snapshot === null ? null : snapshotTaskAt(server.snapshot, now);
  return now < server.addressAt ? "scheduling" : "spawning";
}

/** The last change that had come about by then; what `changes-since` compares. */
export function updatedAt(server: SimulatedServer, now: Instant): Instant {
  let last = server.createdAt;
  const { snapshot } = server;
  const steps = [
    server.addressAt,
    server.builtAt,
    server.touchedAt,
    server.deleteAskedAt ?? 0,
    server.goneAt,
    ...(snapshot === null ? [] : [snapshot.createdAt, snapshot.savingAt, snapshotEnd(snapshot)]),
  ];
  for (const step of steps) if (step <= now && step > last) last = step;
  return last;
}

/** Whether the part of Nova that has it does not answer. */
export function isCellDownAt({ cellDown }: SimulatedServer, now: Instant): boolean {
  return cellDown !== null && now < cellDown.until;
}

/** Whether its addresses can be seen. */
export function hasAddressAt(server: SimulatedServer, now: Instant): boolean {
  return now >= server.addressAt && now < server.goneAt && server.fault === null;
}

/** Whether a login is answered at all. */
export function answersSshAt(server: SimulatedServer, now: Instant): boolean {
  return server.ssh !== "never" && hasAddressAt(server, now) && statusAt(server, now) === "ACTIVE" &&
    now >= server.sshAt;
}

/** `node_id` of its `nodepool` metadata; null without one. */
export function nodeIdOf(server: { readonly metadata: Readonly<Record<string, string>> }): number | null {
  const text = server.metadata["nodepool"];
  if (text === undefined) return null;
  try {
    const id = (JSON.parse(text) as { node_id?: unknown } | null)?.node_id ??
      Number(server.metadata["nodepool_node"]);
    return typeof id === "number" && Number.isSafeInteger(id) ? id : null;
  } catch {
    return null;
  }
}
