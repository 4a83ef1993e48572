/** Glance v2, the read side: list, show, schemas, versions. */
import { ApiBuilder, type ApiContext } from "./api.ts";
import { isoSeconds, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import { pageAfter } from "./paging.ts";
import { Refusal } from "./refusal.ts";
import { nameId, type StockImage } from "./stock.ts";

/** The Hono app of `/image`. */
export function imageApi(context: ApiContext): ApiBuilder {
  const open = { open: true };
  return new ApiBuilder("image", context)
    .on("GET /", "version.list", (exchange) => listVersions(exchange, 300), open)
    .on("GET /versions", "version.list", (exchange) => listVersions(exchange, 200), open)
    .on("GET /v2/images", "image.list", listImages)
    .on("GET /v2/images/:imageId", "image.show", showImage)
    .on("GET /v2/schemas/image", "schema.show", () => jsonAnswer(200, imageSchema()))
    .on("GET /v2/schemas/images", "schema.show", () => jsonAnswer(200, imagesSchema()));
}

function listVersions({ url }: Exchange, status: number): Response {
  const links = [{ rel: "self", href: `${url}/v2/` }];
  const versions = Array.from({ length: NEWEST_MINOR + 1 }, (_, index) => ({
    id: `v2.${NEWEST_MINOR - index}`,
    status: index === 0 ? "CURRENT" : "SUPPORTED",
    links,
  }));
  return jsonAnswer(status, { versions });
}

const NEWEST_MINOR = 15;
/** Glance's own page where none is asked for. */
const DEFAULT_LIMIT = 25;

function listImages(exchange: Exchange): Response {
  const { query, cloud } = exchange;
  const fitting = cloud.stock.images.filter((image) => fits(image, query));
  const limit = Math.min(Number(query.get("limit") ?? DEFAULT_LIMIT), cloud.settings.pageSize);
  const { page, more } = pageAfter(fitting, { marker: query.get("marker"), limit });
  const first = new URLSearchParams(query);
  first.delete("marker");
  const next = new URLSearchParams(query);
  next.set("marker", page.at(-1)?.id ?? "");
  return jsonAnswer(200, {
    images: page.map((image) => shownImage(exchange, image)),
    first: first.size === 0 ? "/v2/images" : `/v2/images?${first}`,
    schema: "/v2/schemas/images",
    ...(more ? { next: `/v2/images?${next}` } : {}),
  });
}

function fits(image: StockImage, query: URLSearchParams): boolean {
  const shown: Record<string, string> = { ...image.properties, ...plainFields(image) };
  return [...query].every(([key, value]) => {
    if (PAGING.has(key)) return true;
    return value.startsWith("in:") ? listed(value.slice(3)).includes(shown[key] ?? "") : shown[key] === value;
  });
}

/** `a,"b, c"` as a list. */
function listed(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|([^,]+)/g)].map((match) => match[1] ?? match[2] ?? "");
}

function plainFields(image: StockImage): Record<string, string> {
  return {
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: "public",
    container_format: "bare",
    disk_format: "qcow2",
  };
}

const PAGING = new Set(["limit", "marker", "sort", "sort_key", "sort_dir", "member_status"]);

function showImage(exchange: Exchange): Response {
  const id = exchange.param("imageId");
  const image = exchange.cloud.stock.images.find((one) => one.id === id);
  if (image === undefined) throw new Refusal(404, `No image found with ID ${id}`);
  return jsonAnswer(200, shownImage(exchange, image));
}

function shownImage({ cloud }: Exchange, image: StockImage) {
  const at = isoSeconds(cloud.startedAt);
  return {
    ...image.properties,
    ...plainFields(image),
    size: image.size,
    virtual_size: image.size,
    checksum: nameId(`checksum/${image.id}`).replaceAll("-", ""),
    protected: false,
    min_ram: image.minRam,
    min_disk: image.minDisk,
    owner: cloud.stock.adminProjectId,
    os_hidden: false,
    os_hash_algo: "sha512",
    os_hash_value: nameId(`hash/${image.id}`).replaceAll("-", "").repeat(4),
    created_at: at,
    updated_at: at,
    tags: [],
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: "/v2/schemas/image",
  };
}

function imageSchema() {
  const text = { type: ["null", "string"] };
  const number = { type: ["null", "integer"] };
  const properties = {
    id: { type: "string" },
    name: text,
    status: { type: "string", readOnly: true },
    visibility: { type: "string", enum: ["community", "public", "private", "shared"] },
    checksum: text,
    size: number,
    virtual_size: number,
    disk_format: text,
    container_format: text,
    min_ram: { type: "integer" },
    min_disk: { type: "integer" },
    owner: text,
    created_at: { type: "string", readOnly: true },
    updated_at: { type: "string", readOnly: true },
    tags: { type: "array", items: { type: "string" } },
    protected: { type: "boolean" },
  };
  return { name: "image", properties, additionalProperties: { type: "string" } };
}

function imagesSchema() {
  const properties = {
    images: { type: "array", items: imageSchema() },
    first: { type: "string" },
    next: { type: "string" },
    schema: { type: "string" },
  };
  return { name: "images", properties };
}
