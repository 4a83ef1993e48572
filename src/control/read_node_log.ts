/**
 * Gets what there is of a node's console and its scripts: of a living node from its cloud and this process, of one that is
 * gone from its record. Consoles are bounded, whatever a cloud sends.
 */
import { type NodeRecord, serverIdOf, stateName } from "../domain/node.ts";
import { CloudError } from "../domain/cloud_error.ts";
import type { Call } from "../lib/call.ts";
import { plainLines } from "../lib/visible_text.ts";
import type { NodeDetails, NodeDetailsView } from "../views/node_details.ts";
import { type NodeLogView, viewNodeLog } from "../views/node_log.ts";
import { ControlError } from "./control_error.ts";
import type { StatePool } from "./operated_pool.ts";

/** In characters; Nova itself sends 100 KiB at most. */
const MOST = 1024 * 1024;

export async function readNodeLog(
  pool: Pick<StatePool, "ledger" | "readConsole" | "daemon">,
  { view, lines, signal }: { view: NodeDetailsView; lines: number } & Call,
): Promise<NodeLogView> {
  const { node } = view;
  const record = node.ended === null ? pool.ledger.nodes.get(node.id) ?? null : null;
  const kept = keptOf(node);
  const console = record === null
    ? { text: kept.console, read: null, problem: kept.console === null ? NOT_KEPT : null }
    : await readLiving(record, { pool, kept: kept.console, at: view.at, lines, signal });
  const running = record === null ? null : pool.daemon?.scriptOutput(node.id) ?? null;
  const script = running ?? kept.script;
  return viewNodeLog(view, {
    console,
    script: script === null ? null : { text: plainLines(script), running: running !== null },
  });
}

const NOT_KEPT = "its console was not kept; it is kept only if a node fails to boot or to accept a login";

/** The evidence of a script is what it wrote, any other what the console showed. */
function keptOf({ evidence }: NodeDetails): { console: string | null; script: string | null } {
  const text = evidence?.console ?? null;
  return evidence?.kind === "script" ? { console: null, script: text } : { console: text, script: null };
}

async function readLiving(
  node: NodeRecord,
  { pool, kept, at, lines, signal }: {
    pool: Pick<StatePool, "ledger" | "readConsole">;
    kept: string | null;
    at: string;
    lines: number;
  } & Call,
): Promise<NodeLogView["console"]> {
  const serverId = serverIdOf(node);
  const without = (problem: string) => ({ text: kept, read: null, problem });
  if (serverId === null) return without("it has no server yet");
  const { provider } = node;
  try {
    const text = await pool.readConsole({ provider, serverId, lines, signal });
    if (text !== "") return { text: plainLines(text.slice(-MOST)), read: at, problem: null };
    if (isGoing(node.id, pool)) return without(GOING);
    return without(
      `${provider} has no console output of it: the server has written nothing yet, or the cloud keeps none`,
    );
  } catch (error) {
    // A provider that the configuration no longer has cannot be asked.
    if (!(error instanceof CloudError || error instanceof ControlError)) throw error;
    // Its server goes before its record does.
    if ("kind" in error && error.kind === "notFound" && isGoing(node.id, pool)) return without(GOING);
    return without(`${provider}: ${error.message}`);
  }
}

const GOING = "it is being deleted, and its server no longer has a console";

function isGoing(id: number, { ledger }: Pick<StatePool, "ledger">): boolean {
  const node = ledger.nodes.get(id);
  return node === undefined || stateName(node) === "delete";
}
