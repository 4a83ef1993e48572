/** The providers of the dashboard. */
import { html } from "hono/html";
import type { Moment } from "../../domain/time.ts";
import { countText } from "../../domain/count_text.ts";
import type { ProviderRow, QuotaBar } from "../../views/dashboard/provider_rows.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import { thingLink } from "../links.ts";
import { type Markup, readable } from "../page.ts";
import { renderBar } from "./bar.ts";
import { countdown } from "./moments.ts";
import { tablePanel } from "./panel.ts";

export function renderProviders(dashboard: Dashboard): Markup {
  return tablePanel({
    id: "providers",
    title: "Providers",
    list: { href: "/provider-list", name: "All providers" },
    shown: dashboard.providers,
    empty: html`No provider is configured: <a href="/manual/configuration">configuration</a>.`,
    keyOf: ({ name }) => name,
    columns: {
      "Provider": ({ name }) => thingLink({ kind: "provider", name }, name),
      "Servers": serversBar,
      "Tightest quota": ({ name, quota }) => quota === null ? "not known" : quotaBar(name, quota),
      "Answers": answers,
      "Now": (row) => doing(row, dashboard),
    },
  });
}

function serversBar({ name, servers, maxServers }: ProviderRow): Markup {
  if (maxServers === null) return html`<span class="amount">${servers}</span>`;
  const bar = renderBar({
    label: `${name}: ${servers} servers, max-servers ${maxServers}`,
    parts: [{ kind: "own", amount: servers }],
    whole: maxServers,
  });
  return html`<span class="with-bar">${bar}<span class="amount">${servers} / ${maxServers}</span></span>`;
}

function quotaBar(provider: string, { name, limit, used, others, otherServers }: QuotaBar): Markup {
  const ofOthers = otherServers === 0 ? "" : `, ${countText(otherServers, "server")} of others`;
  const bar = renderBar({
    label: `${provider}: ${used} of ${limit} ${name} used${ofOthers}`,
    parts: [{ kind: "own", amount: used - (others ?? 0) }, { kind: "others", amount: others ?? 0 }],
    whole: limit,
  });
  return html`
    <span
      class="with-bar">${bar}<span class="amount"><span class="${used < limit
        ? ""
        : "figure low"}">${used} / ${limit}</span> ${name}${ofOthers}</span></span>
  `;
}

function answers({ answers, latency, errors, requests }: ProviderRow): Markup | string {
  if (answers === null) return "not asked yet";
  const speed = latency === null ? "" : `${Math.round(latency)} ms`;
  const failed = errors === 0 ? "" : `${countText(errors, "error")} in ${requests}`;
  const text = [speed, failed].filter((part) => part !== "").join(", ");
  return answers ? text || "yes" : html`<span class="state bad">no</span> ${failed}`;
}

function doing({ why, full, nextTry, slowedTo }: ProviderRow, moment: Moment): Markup | string {
  const slow = slowedTo === null ? "" : `slowed down to a request every ${slowedTo / 1_000} s`;
  const parts = [why || full, slow].filter((part) => part !== "");
  if (parts.length === 0) return html`<span class="state good">takes servers</span>`;
  return html`<span class="why">${readable(parts.join("; "))}${
    why === "" || nextTry === null ? "" : html`; next attempt ${countdown(nextTry, moment)}`
  }</span>`;
}
