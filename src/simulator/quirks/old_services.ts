/** Services of former years, which lack what newer ones have. */
import type { Quirk } from "../quirk.ts";
import { ApiRefusal } from "../api_refusal.ts";

export const oldNova: Quirk = {
  name: "old-nova",
  about: "Nova knows no microversion after 2.1.",
  settings: (settings) => ({ ...settings, microversion: 1 }),
};

export const noPaging: Quirk = {
  name: "no-paging",
  about: "Neutron ignores `limit` and `marker` and always answers with the whole list.",
  request({ service, query }) {
    if (service !== "network") return;
    query.delete("limit");
    query.delete("marker");
  },
};

export const noDescriptions: Quirk = {
  name: "no-descriptions",
  about: "Neutron's objects have no `description`, and one that is given is refused (400).",
  request({ service, options, bodyObject }) {
    if (service !== "network" || options.method !== "POST") return;
    const inner = Object.values(bodyObject)[0];
    if (typeof inner !== "object" || inner === null || !("description" in inner)) return;
    throw new ApiRefusal(400, "Unrecognized attribute(s) 'description'", { type: "HTTPBadRequest" });
  },
  body(body, { service }) {
    return service === "network" ? without("description", body) : body;
  },
};

function without(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => without(key, one));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => name !== key);
  return Object.fromEntries(kept.map(([name, inner]) => [name, without(key, inner)]));
}
