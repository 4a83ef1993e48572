/** Nova's flavors. */
import type { ApiBuilder } from "./api.ts";
import { type ApiAnswer, found, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import { nextLinks, pageAfter } from "./paging.ts";
import { pageLimit } from "./server_list_api.ts";
import type { StockFlavor } from "./stock.ts";

/** Adds the routes of flavors. */
export function flavorRoutes(api: ApiBuilder): ApiBuilder {
  return api
    .on("GET /v2.1/flavors", "flavor.list", (exchange) => listFlavors(exchange, briefFlavor))
    .on("GET /v2.1/flavors/detail", "flavor.list", (exchange) => listFlavors(exchange, fullFlavor))
    .on("GET /v2.1/flavors/:flavorId", "flavor.show", showFlavor)
    .on("GET /v2.1/flavors/:flavorId/os-extra_specs", "flavor.specs", showExtraSpecs);
}

function listFlavors(
  exchange: Exchange,
  shown: (exchange: Exchange, flavor: StockFlavor) => unknown,
): ApiAnswer {
  const { query, cloud } = exchange;
  const minRam = Number(query.get("minRam") ?? 0);
  const fitting = cloud.stock.flavors.filter((flavor) => flavor.ram >= minRam);
  const { page, more } = pageAfter(fitting, { marker: query.get("marker"), limit: pageLimit(exchange) });
  return jsonAnswer(200, {
    flavors: page.map((flavor) => shown(exchange, flavor)),
    ...(more ? nextLinks(exchange, "flavors", page.at(-1)!) : {}),
  });
}

function showFlavor(exchange: Exchange): ApiAnswer {
  return jsonAnswer(200, { flavor: fullFlavor(exchange, namedFlavor(exchange)) });
}

function showExtraSpecs(exchange: Exchange): ApiAnswer {
  return jsonAnswer(200, { extra_specs: namedFlavor(exchange).extraSpecs });
}

function namedFlavor(exchange: Exchange): StockFlavor {
  const id = exchange.param("flavorId");
  return found(exchange.cloud.stock.flavors.find((one) => one.id === id), `Flavor ${id} could not be found.`);
}

function briefFlavor(exchange: Exchange, { id, name }: StockFlavor) {
  const description = exchange.microversion >= 55 ? { description: null } : {};
  return { id, name, ...description, links: flavorLinks(exchange, id) };
}

function fullFlavor(exchange: Exchange, flavor: StockFlavor) {
  const { microversion } = exchange;
  return {
    id: flavor.id,
    name: flavor.name,
    ram: flavor.ram,
    disk: flavor.disk,
    swap: microversion >= 75 ? 0 : "",
    "OS-FLV-EXT-DATA:ephemeral": 0,
    "OS-FLV-DISABLED:disabled": false,
    vcpus: flavor.vcpus,
    "os-flavor-access:is_public": true,
    rxtx_factor: 1.0,
    links: flavorLinks(exchange, flavor.id),
    ...(microversion >= 55 ? { description: null } : {}),
    ...(microversion >= 61 ? { extra_specs: flavor.extraSpecs } : {}),
  };
}

function flavorLinks({ url }: Exchange, id: string) {
  return [
    { rel: "self", href: `${url}/v2.1/flavors/${id}` },
    { rel: "bookmark", href: `${url}/flavors/${id}` },
  ];
}
