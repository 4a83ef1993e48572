/**
 * The purpose of a request, as a name for metrics: the name that its task had in 2016, `ServerCreate` or
 * `ServerList`, by the kind of thing at the end of its path. Where the service lies is no part of it, and there are
 * as many names as there are kinds of requests. What 2016 did not ask for is named in the same way. Pure.
 */
import type { SendRequest } from "../../http/send.ts";

/** The kinds of things, by the word for them in paths. */
const KINDS: Readonly<Record<string, string>> = {
  servers: "Server",
  flavors: "Flavor",
  images: "Image",
  "os-keypairs": "Keypair",
  "os-availability-zone": "AvailabilityZone",
  "os-simple-tenant-usage": "Usage",
  limits: "Limits",
  networks: "Network",
  subnets: "Subnet",
  ports: "Port",
  floatingips: "NeutronFloatingIP",
  quotas: "Quota",
  tasks: "ImageTask",
  tokens: "Token",
};

/** The verb of each method, for one of them. */
const VERBS: Readonly<Record<SendRequest["method"], string>> = {
  GET: "Get",
  HEAD: "Get",
  POST: "Create",
  PUT: "Update",
  PATCH: "Update",
  DELETE: "Delete",
};

/** By what stands in the body, or behind the id. */
const ACTIONS: Readonly<Record<string, string>> = {
  createImage: "ImageSnapshotCreate",
  "os-getConsoleOutput": "ServerConsoleGet",
  file: "ImageUpload",
};

export function operationOf({ method, url, body }: Pick<SendRequest, "method" | "url" | "body">): string {
  const path = new URL(url).pathname.split("/").filter((word) => word !== "");
  const at = path.findLastIndex((word) => Object.hasOwn(KINDS, word));
  if (at < 0) return "VersionGet";
  const kind = KINDS[path[at]!]!;
  const [id, action] = path.slice(at + 1);
  if (action !== undefined) {
    return ACTIONS[action === "action" ? actionIn(body) : action] ?? `${kind}${VERBS[method]}`;
  }
  const isList = method === "GET" && (id === undefined || id === "detail");
  return kind + (isList ? "List" : VERBS[method]);
}

/** Its one key. */
function actionIn(body: SendRequest["body"]): string {
  return typeof body === "string" ? Object.keys(JSON.parse(body))[0] ?? "" : "";
}
