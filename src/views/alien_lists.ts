/** Things on the clouds that the pool does not know: servers, and images of the project. */
import * as v from "valibot";
import type { Moment } from "../domain/time.ts";
import type { Table } from "./tables/column.ts";
import { byKeys, viewHead, viewSchema } from "./view_head.ts";
import { rows, string, stringOrNull } from "./view_schema.ts";

const alienViewSchema = v.object({
  provider: string,
  hostname: string,
  server_id: string,
  ip: stringOrNull,
});
type AlienView = v.InferOutput<typeof alienViewSchema>;

const alienImageViewSchema = v.object({
  provider: string,
  name: string,
  image_id: string,
});
type AlienImageView = v.InferOutput<typeof alienImageViewSchema>;

/** One for each provider that could not be asked. */
const warnings = rows(string);

export const alienListViewSchema = viewSchema({ aliens: rows(alienViewSchema), warnings });
export type AlienListView = v.InferOutput<typeof alienListViewSchema>;

export const alienImageListViewSchema = viewSchema({ aliens: rows(alienImageViewSchema), warnings });
type AlienImageListView = v.InferOutput<typeof alienImageListViewSchema>;

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
    .sort(byKeys("provider", "hostname", "server_id"));
  return { ...viewHead(moment), aliens, warnings };
}

/** Shows the images found, sorted by provider and name. */
export function viewAlienImageList(
  { images, warnings }: {
    images: readonly { provider: string; name: string; imageId: string }[];
    warnings: readonly string[];
  },
  moment: Moment,
): AlienImageListView {
  const aliens = images.map(({ provider, name, imageId }) => ({ provider, name, image_id: imageId }))
    .sort(byKeys("provider", "name", "image_id"));
  return { ...viewHead(moment), aliens, warnings };
}

export const alienTable: Table<AlienListView, AlienView> = {
  rows: ({ aliens }) => aliens,
  columns: [
    { field: "provider", header: "Provider" },
    { field: "hostname", header: "Hostname" },
    { field: "server_id", header: "Server ID", kind: "name" },
    { field: "ip", header: "IP", kind: "exact" },
  ],
};

export const alienImageTable: Table<AlienImageListView, AlienImageView> = {
  rows: ({ aliens }) => aliens,
  columns: [
    { field: "provider", header: "Provider" },
    { field: "name", header: "Name" },
    { field: "image_id", header: "Image ID", kind: "name" },
  ],
};
