/**
 * How much text a record keeps, in one place. Texts that come from outside (a server's console, a cloud's
 * message, what a user typed) have any length and any characters; a stored value may have 64 KiB. The caps keep
 * a record below that even if each character is escaped and takes two bytes. The store caps what it is given,
 * so that memory and file never differ.
 */
import type { AutoHold } from "../domain/auto_hold.ts";
import type { DibImage } from "../domain/dib_image.ts";
import type { ImageOrder } from "../domain/image_order.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import type { Evidence, HistoryRecord, NodeRecord, WaitingOn } from "../domain/node.ts";
import type { PoolEvent } from "../domain/pool_event.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { Row, TableName, Tables } from "./store.ts";

/** In characters. A console's end says why a boot failed; of every other text the beginning does. */
const textCaps = {
  console: 6_000,
  /** Messages of clouds and servers. */
  message: 1_500,
  /** Texts that users type: reasons, job names, owners. */
  remark: 500,
  /** Names in events. */
  name: 200,
} as const;

/** The same object where nothing is too long. */
function capNode(node: NodeRecord): NodeRecord {
  return capFields(node, {
    comment: capText(node.comment, textCaps.remark),
    job: capText(node.job, textCaps.remark),
    launchReason: capText(node.launchReason, textCaps.remark),
    waitingOn: capWaiting(node.waitingOn),
    evidence: node.evidence && capEvidence(node.evidence),
    ...(node.asked === undefined
      ? {}
      : { asked: capFields(node.asked, { client: capText(node.asked.client, textCaps.remark) }) }),
    hold: node.hold && capFields(node.hold, {
      reason: capText(node.hold.reason, textCaps.remark),
      owner: capText(node.hold.owner, textCaps.remark),
    }),
  });
}

function capRequest(request: NodeRequest): NodeRequest {
  return capFields(request, {
    job: capText(request.job, textCaps.remark),
    client: capText(request.client, textCaps.remark),
    token: capText(request.token, textCaps.remark),
    waitingOn: capWaiting(request.waitingOn),
  });
}

function capDibImage(image: DibImage): DibImage {
  return capFields(image, {
    comment: capText(image.comment, textCaps.remark),
    waitingOn: capWaiting(image.waitingOn),
    evidence: image.evidence && capEvidence(image.evidence),
  });
}

function capImage(image: ProviderImage): ProviderImage {
  return capFields(image, {
    comment: capText(image.comment, textCaps.remark),
    waitingOn: capWaiting(image.waitingOn),
    evidence: image.evidence && capEvidence(image.evidence),
  });
}

function capAutoHold(entry: AutoHold): AutoHold {
  return capFields(entry, { job: capText(entry.job, textCaps.remark) });
}

const caps: { readonly [Name in keyof Tables]: (record: Tables[Name]) => Tables[Name] } = {
  nodes: capNode,
  requests: capRequest,
  dibImages: capDibImage,
  images: capImage,
  jobs: capAutoHold,
};

/** The record of a table with each of its texts within bounds. */
export function capRow(table: TableName, row: Row): Row {
  return (caps[table] as (row: Row) => Row)(row);
}

/** The order with its error within bounds. */
export function capOrder(order: ImageOrder): ImageOrder {
  return capFields(order, { lastError: capText(order.lastError, textCaps.message) });
}

/** The pause with its error within bounds. */
export function capPause(pause: LaunchPause): LaunchPause {
  return capFields(pause, { lastError: capText(pause.lastError, textCaps.message) });
}

/** The history record with its node's texts within bounds. */
export function capHistory(record: HistoryRecord): HistoryRecord {
  return capFields(record, { node: capNode(record.node) });
}

/** The event with each of its texts within bounds. */
export function capEvent(event: PoolEvent): PoolEvent {
  const { subject, labels } = event;
  const capped = Object.entries(labels).map(([name, value]) => [name, capText(value, textCaps.name)]);
  return {
    ...event,
    subject: { ...subject, name: capText(subject.name, textCaps.name) },
    labels: Object.fromEntries(capped),
    message: capText(event.message, textCaps.remark),
  };
}

function capEvidence(evidence: Evidence): Evidence {
  return capFields(evidence, {
    error: capText(evidence.error, textCaps.message),
    fault: capText(evidence.fault, textCaps.message),
    console: capEnd(evidence.console, textCaps.console),
  });
}

function capWaiting(waiting: WaitingOn | null): WaitingOn | null {
  return waiting && capFields(waiting, { message: capText(waiting.message, textCaps.message) });
}

function capFields<Entity extends object>(entity: Entity, fields: Partial<Entity>): Entity {
  const changed = (Object.keys(fields) as (keyof Entity)[]).some((name) => fields[name] !== entity[name]);
  return changed ? { ...entity, ...fields } : entity;
}

function capText<Text extends string | null>(text: Text, length: number): Text {
  if (text === null) return text;
  const clean = cleaned(text);
  return (clean.length <= length ? clean : `${clean.slice(0, length - 1)}…`.toWellFormed()) as Text;
}

function capEnd(text: string | null, length: number): string | null {
  if (text === null) return text;
  const clean = cleaned(text);
  return clean.length <= length ? clean : `…${clean.slice(1 - length)}`.toWellFormed();
}

/** Control characters say nothing to a reader, can upset a terminal, and take six bytes each when stored. */
function cleaned(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, "").toWellFormed();
}
