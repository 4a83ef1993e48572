/**
 * How much text a record keeps, in one place. Texts that come from outside (a server's console, a cloud's
 * message, what a user typed) have any length and any characters; a stored value may have 64 KiB. The caps keep
 * a record below that even if each character is escaped and takes two bytes. The store caps what it is given,
 * so that memory and file never differ.
 */
import type { PoolEvent } from "../domain/pool_event.ts";

/** In characters: of messages of clouds and servers. */
const MESSAGE = 1_500;
/** Of texts that users type: reasons, job names, owners. */
const REMARK = 500;
/** Of names in events. */
const NAME = 200;
/** A console's end says why a boot failed; of every other text the beginning does. */
const CONSOLE = 6_000;

const remark = (text: string) => capText(text, REMARK);
const message = (text: string) => capText(text, MESSAGE);

/** The fields that have texts, or parts with texts, by their names, which mean the same in each record. */
const caps = Object.entries<(value: never) => unknown>({
  comment: remark,
  job: remark,
  launchReason: remark,
  client: remark,
  token: remark,
  reason: remark,
  owner: remark,
  message,
  error: message,
  lastError: message,
  fault: message,
  console: (text: string) => capEnd(text, CONSOLE),
  waitingOn: capRecord,
  evidence: capRecord,
  asked: capRecord,
  hold: capRecord,
  node: capRecord,
}).map(([name, cap]) => ({ name, cap: cap as (value: unknown) => unknown }));

/** The record with each of its texts within bounds; the same object where nothing is too long. */
export function capRecord<Entity extends object>(record: Entity): Entity {
  let capped = record as Record<string, unknown>;
  for (const { name, cap } of caps) {
    const value = capped[name];
    if (value === undefined || value === null) continue;
    const next = cap(value);
    if (next !== value) capped = { ...capped, [name]: next };
  }
  return capped as Entity;
}

/** The event with each of its texts within bounds. */
export function capEvent(event: PoolEvent): PoolEvent {
  const { subject, labels } = event;
  const capped = Object.entries(labels).map(([name, value]) => [name, capText(value, NAME)]);
  return {
    ...event,
    subject: { ...subject, name: capText(subject.name, NAME) },
    labels: Object.fromEntries(capped),
    message: remark(event.message),
  };
}

function capText(text: string, length: number): string {
  const clean = cleaned(text);
  return clean.length <= length ? clean : `${clean.slice(0, length - 1)}…`.toWellFormed();
}

function capEnd(text: string, length: number): string {
  const clean = cleaned(text);
  return clean.length <= length ? clean : `…${clean.slice(1 - length)}`.toWellFormed();
}

/** Control characters say nothing to a reader, can upset a terminal, and take six bytes each when stored. */
function cleaned(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, "").toWellFormed();
}
