/** One node as a page, and as text: its facts, one a line. */
import { html } from "hono/html";
import type { NodeDetails, NodeDetailsView } from "../views/node_details.ts";
import { cellText } from "../views/tables/cell_text.ts";
import { formatAge } from "../views/tables/age.ts";
import { renderPage } from "./page.ts";

export function renderNodePage({ node }: NodeDetailsView, title: string): string {
  const facts = factsOf(node).map(([name, value]) =>
    html`
      <dt>${name}</dt>
      <dd>${value}</dd>
    `
  );
  const console = node.evidence?.console ?? null;
  const evidence = console === null ? "" : html`<h2>Console</h2>
<pre tabindex="0">${console}</pre>`;
  const body = html`<dl>
${facts}</dl>
${evidence}
<p><a href="/nodes/${node.id}?format=json">JSON</a>, <a href="/nodes/${node.id}/metadata">metadata</a></p>`;
  return renderPage({ title, heading: `Node ${node.id}`, body });
}

export function renderNodeText({ node }: NodeDetailsView): string {
  const facts = factsOf(node).map(([name, value]) => `${`${name}:`.padEnd(18)}${cellText(value).text}\n`)
    .join("");
  const console = node.evidence?.console ?? null;
  if (console === null) return facts;
  return `${facts}console:\n${console.split("\n").map((line) => `  ${cellText(line).text}\n`).join("")}`;
}

/** The facts to show, in order; unknown ones are left out. */
function factsOf(node: NodeDetails): [string, string][] {
  const { connection, hold, waiting_on, evidence } = node;
  const facts: [string, string | number | null | undefined][] = [
    ["id", node.id],
    ["state", `${node.state} for ${formatAge(node.age)}`],
    ["phase", node.phase],
    ["waiting on", waiting_on && `${waiting_on.reason}: ${waiting_on.message} (since ${waiting_on.since})`],
    ["retry at", node.retry_at],
    ["ended", node.ended],
    ["result", node.result],
    ["comment", node.comment],
    ["deleted by", node.deleted_by],
    ["held by", hold?.owner],
    ["held until", hold?.until],
    ["label", node.label],
    ["provider", node.provider],
    ["az", node.az],
    ["target", node.target],
    ["hostname", node.hostname],
    ["server", node.server_id],
    ["login", connection && `${connection.username ?? "?"}@${connection.address} port ${connection.port}`],
    ["private address", node.private_v4],
    ["host keys", connection?.host_keys.join("\n")],
    ["image", `${node.image} (${node.image_id})`],
    ["flavor", `${node.flavor} (${node.flavor_id})`],
    ["job", node.job],
    ["request", node.request],
    ["launched because", node.launch_reason],
    ["phases", Object.entries(node.timings).map(([phase, at]) => `${phase} ${at}`).join("\n")],
    ["last error", evidence && `${evidence.error} (${evidence.at})`],
    ["request id", evidence?.request_id],
    ["server fault", evidence?.fault],
  ];
  return facts.flatMap(([name, value]) =>
    value === null || value === undefined || value === "" ? [] : [[name, String(value)]]
  );
}
