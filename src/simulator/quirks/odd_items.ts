import type { Json, Quirk } from "../quirk.ts";

/** By operation: the key of the list in its answer, and the item that is put in front of it. */
const ODD: Readonly<Record<string, { key: string; item: Json }>> = {
  "compute flavor.list": {
    key: "flavors",
    item: { id: "odd", name: "odd", vcpus: "1", ram: 2048, disk: 20, links: [] },
  },
  "compute server.list": {
    key: "servers",
    item: {
      id: "0dd00000-0000-4000-8000-000000000001",
      name: "odd",
      status: "SHELVED_BY_THE_VENDOR",
      metadata: { owner: null },
      addresses: {},
      links: [],
    },
  },
};

export const oddItems: Quirk = {
  name: "odd-items",
  about:
    "Each listing has one item more, which is not what the manual says: a number as text, a null, an unknown status.",
  body(body, { service, operation }) {
    const odd = ODD[`${service} ${operation}`];
    if (odd === undefined || !Array.isArray(body[odd.key])) return body;
    return { ...body, [odd.key]: [odd.item, ...body[odd.key]] };
  },
};
