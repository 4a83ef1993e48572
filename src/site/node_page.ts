/** One node as a page, living or gone: what it is doing, its time line, its evidence, and the commands for it. */
import { html } from "hono/html";
import { SECOND, spacedDuration } from "../domain/time.ts";
import type { NodeDetails, NodeDetailsView } from "../views/node_details.ts";
import { factsOf } from "../views/node_facts.ts";
import { thingLink } from "./links.ts";
import {
  type Markup,
  moment,
  type PageFrame,
  readable,
  renderConsole,
  renderFacts,
  renderFailure,
  renderPage,
} from "./page.ts";

/** @param options `requests`: those that are not over, since the others have no page */
export function renderNodePage(
  { node }: NodeDetailsView,
  { frame, requests }: { frame: PageFrame; requests: ReadonlySet<number> },
): string {
  const body = html`
    <p class="lead"><span class="state state-${node.state}">${node.state}</span> for ${spacedDuration(
      node.age * SECOND,
    )}${about(node)}</p>
    ${renderTrouble(node)}
    <div class="columns">
      <section>
    <h2>Facts</h2>
    ${renderFacts(
      factsOf(node).filter(([name]) => !ELSEWHERE.has(name)).map((
        [name, value],
      ) => [name, shown(name, { value, node, requests })]),
    )}
      </section>
      <section>
    <h2>Commands</h2>
    ${commandsFor(node).map((command) => html`<p class="command"><code data-copy>${command}</code></p>`)}
    ${renderSubnodes(node)}
      </section>
    </div>
    ${renderPhases(node.time_line ?? [])}
    ${node.evidence?.console ? html`<h2>Console</h2>${renderConsole(node.evidence.console)}` : ""}
    <p
      class="screen"><a href="/nodes/${node.id}?format=text">text</a>, <a href="/nodes/${node
        .id}?format=json">JSON</a>,
    <a href="/nodes/${node.id}/metadata">metadata</a></p>
  `;
  return renderPage({ frame, heading: `Node ${node.id}`, body });
}

/** Facts that have a place of their own on the page. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "id",
  "state",
  "time line",
  "waiting on",
  "last error",
  "request id",
  "server fault",
]);

function about({ label, provider, job, role }: NodeDetails): string {
  const what = role === "node" ? `, ${label} on ${provider}` : `, ${role} on ${provider}`;
  return job === null ? what : `${what}, job ${job}`;
}

function renderTrouble({ waiting_on, evidence }: NodeDetails): Markup {
  const waiting = waiting_on === null ? "" : html`
    <section class="card warn">
      <p><b>Waiting on ${waiting_on.reason}</b>: ${readable(waiting_on.message)}</p>
      <p class="small muted">Since ${moment(waiting_on.since)}</p>
    </section>
  `;
  // What the console had stands at the end of the page.
  const failed = evidence === null ? "" : renderFailure(evidence.kind, { ...evidence, console: null });
  return html`${waiting}${failed}`;
}

function shown(
  name: string,
  { value, node, requests }: { value: string; node: NodeDetails; requests: ReadonlySet<number> },
): Markup | Markup[] | string {
  const isThere = node.ended === null;
  switch (name) {
    case "label":
      return isThere && node.role === "node" ? thingLink({ kind: "label", name: node.label }, value) : value;
    case "provider":
      return isThere ? thingLink({ kind: "provider", name: node.provider }, value) : value;
    case "request":
      return requests.has(Number(value)) ? thingLink({ kind: "request", name: value }, value) : value;
    case "host keys":
    case "server":
    case "login":
      return html`<code>${value}</code>`;
    default:
      return readable(value);
  }
}

/** Those that do something for it as it is now. */
function commandsFor({ id, ended, state }: NodeDetails): readonly string[] {
  if (ended !== null) return [`nodepool history ${id}`, `nodepool logs ${id}`];
  return [
    `nodepool explain ${id}`,
    `nodepool logs ${id}`,
    ...(state === "building" ? [] : [`nodepool ssh ${id}`]),
    ...(state === "hold" ? [`nodepool release ${id}`] : state === "delete" ? [] : [`nodepool hold ${id}`]),
    ...(state === "delete" ? [] : [`nodepool delete ${id}`]),
  ];
}

function renderSubnodes({ subnodes }: NodeDetails): Markup {
  if (subnodes.length === 0) return html``;
  return html`<h2>Subnodes</h2>
<ul>${
    subnodes.map(({ id, hostname, state }) =>
      html`<li><a href="/nodes/${id}">${hostname}</a> <span class="state state-${state}">${state}</span></li>`
    )
  }</ul>`;
}

type Stretches = NonNullable<NodeDetails["time_line"]>;

/** Of the bar, in its own units. */
const WIDTH = 1_000;

/** The least part, so that something of each phase is seen. */
const LEAST = 4;

function renderPhases(stretches: Stretches): Markup {
  if (stretches.length === 0) return html``;
  const whole = stretches.reduce((sum, { duration }) => sum + duration, 0);
  return html`<h2>Time line</h2>
<div class="card">
${renderBar(stretches, Math.max(1, whole))}
<div class="scroll plain" role="region" aria-label="time line" tabindex="0">
<table><thead><tr><th scope="col">Phase</th><th scope="col" class="number">Took</th><th scope="col">From</th></tr></thead>
<tbody>
${
    stretches.map(({ phase, state, duration, from }) =>
      html`
        <tr>
          <td><span class="state state-${state}">${phase}</span></td>
          <td class="number">${lengthOf(duration)}</td>
          <td class="is-time">${moment(from)}</td>
        </tr>
      `
    )
  }</tbody></table>
</div>
<p class="small muted">${lengthOf(whole)} in all</p>
</div>`;
}

function renderBar(stretches: Stretches, whole: number): Markup {
  let at = 0;
  const parts = stretches.map(({ phase, state, duration }) => {
    const width = Math.max(LEAST, duration / whole * WIDTH);
    const part = html`
      <rect class="fill-${state}" x="${at.toFixed(1)}" width="${width.toFixed(1)}" height="16">
        <title>${phase}: ${lengthOf(duration)}</title>
      </rect>
    `;
    at += width + 1;
    return part;
  });
  // The table below says the same.
  return html`
    <svg class="phases" viewBox="0 0 ${Math.ceil(at)} 16" preserveAspectRatio="none"
      aria-hidden="true">${parts}</svg>
  `;
}

function lengthOf(seconds: number): string {
  return seconds < 1 ? "0s" : spacedDuration(seconds * SECOND);
}
