/**
 * The list of nodes as JSON in UTF-8: the same as `JSON.stringify(viewNodeList(…))`, in a fraction of the time. A
 * record never changes, it is replaced; so the bytes made from one are kept with it, and only the age is added
 * each time. Those of many new records are made in slices.
 */
import { inSlices } from "../lib/in_slices.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { type HoldFrame, holdFrameOf } from "./hold_view.ts";
import { ageOf, selectNodes, viewAgelessNode } from "./node_list.ts";
import type { ViewFilter } from "./view_filter.ts";
import { viewHead } from "./view_head.ts";

export async function renderNodeListJson(
  report: PoolReport,
  filter: ViewFilter = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const nodes = selectNodes(report.nodes, filter);
  const frame = holdFrameOf(report);
  await inSlices(nodes.filter((node) => !isKept(node, frame)), (node) => agelessJson(node, frame));
  const rows = nodes.map((node) => agelessJson(node, frame));
  const head = utf8.encode(`${JSON.stringify(viewHead(report)).slice(0, -1)},"nodes":[`);
  const body = new Body(head.length + rows.reduce((sum, row) => sum + row.length + MOST_OF_AGE, 2));
  body.append(head);
  await inSlices(rows.entries(), ([index, row]) => {
    body.append(row);
    body.appendAscii(`${ageOf(nodes[index]!, report.now)}}${index < rows.length - 1 ? "," : ""}`);
  }, COPIED);
  body.appendAscii("]}");
  return body.bytes();
}

const utf8 = new TextEncoder();

/** Digits of an age, a brace and a comma. */
const MOST_OF_AGE = 24;

/** As many rows as are copied in a few milliseconds. */
const COPIED = 2_500;

/** By record; gone with it. */
const kept = new WeakMap<NodeRecord, HoldFrame & { readonly row: Uint8Array }>();

function isKept(node: NodeRecord, frame: HoldFrame): boolean {
  const known = kept.get(node);
  return known?.wallOffset === frame.wallOffset && known.holdMaxAge === frame.holdMaxAge;
}

/** The row up to the value of its age, which comes last. */
function agelessJson(node: NodeRecord, frame: HoldFrame): Uint8Array {
  if (isKept(node, frame)) return kept.get(node)!.row;
  const row = utf8.encode(`${JSON.stringify(viewAgelessNode(node, frame)).slice(0, -1)},"age":`);
  kept.set(node, { row, ...frame });
  return row;
}

/** Bytes one after the other. */
class Body {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  append(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  appendAscii(text: string): void {
    for (let index = 0; index < text.length; index++) this.#bytes[this.#length++] = text.charCodeAt(index);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }
}
