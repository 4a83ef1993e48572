/** Servers on the clouds that the pool does not know. */
import * as v from "valibot";
import type { Moment } from "../domain/time.ts";
import { compareText, viewHead, viewSchema } from "./view_head.ts";
import { rows, string, stringOrNull } from "./view_schema.ts";

const alienViewSchema = v.object({
  provider: string,
  hostname: string,
  server_id: string,
  ip: stringOrNull,
});
export type AlienView = v.InferOutput<typeof alienViewSchema>;

export const alienListViewSchema = viewSchema({
  aliens: rows(alienViewSchema),
  /** One for each provider that could not be asked. */
  warnings: rows(string),
});
export type AlienListView = v.InferOutput<typeof alienListViewSchema>;

/** Shows the servers found, sorted by provider and hostname. */
export function viewAlienList(
  { servers, warnings }: {
    servers: readonly { provider: string; hostname: string; serverId: string; ip: string | null }[];
    warnings: readonly string[];
  },
  moment: Moment,
): AlienListView {
  const aliens = servers
    .map(({ provider, hostname, serverId, ip }) => ({ provider, hostname, server_id: serverId, ip }))
    .sort((left, right) =>
      compareText(left.provider, right.provider) || compareText(left.hostname, right.hostname) ||
      compareText(left.server_id, right.server_id)
    );
  return { ...viewHead(moment), aliens, warnings };
}
