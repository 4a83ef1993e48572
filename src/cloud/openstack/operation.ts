/**
 * The purpose of a request, as a name for metrics: the name that its task had in 2016, `ServerCreate` or
 * `ServerList`, by the kind of thing at the end of its path. Where the service lies is no part of it, and there are
 * as many names as there are kinds of requests. What 2016 did not ask for is named in the same way. Pure.
 */
import type { SendRequest } from "../../http/send.ts";

type Service = "compute" | "image" | "network" | "identity" | "discovery";

/** The purpose of a request, in two words of a few. */
export interface RequestPurpose {
  readonly service: Service;
  /** `ServerCreate`. */
  readonly operation: string;
}

/** The kinds of things and whose they are, by the word for them in paths. */
const KINDS: Readonly<Record<string, readonly [string, Service]>> = {
  servers: ["Server", "compute"],
  flavors: ["Flavor", "compute"],
  images: ["Image", "image"],
  "os-keypairs": ["Keypair", "compute"],
  "os-availability-zone": ["AvailabilityZone", "compute"],
  limits: ["Limits", "compute"],
  networks: ["Network", "network"],
  subnets: ["Subnet", "network"],
  ports: ["Port", "network"],
  floatingips: ["NeutronFloatingIP", "network"],
  quotas: ["Quota", "network"],
  tokens: ["Token", "identity"],
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

export function purposeOf(
  { method, url, body }: Pick<SendRequest, "method" | "url" | "body">,
): RequestPurpose {
  const path = new URL(url).pathname.split("/").filter((word) => word !== "");
  const at = path.findLastIndex((word) => Object.hasOwn(KINDS, word));
  if (at < 0) return { service: "discovery", operation: "VersionGet" };
  const [kind, service] = KINDS[path[at]!]!;
  const [id, action] = path.slice(at + 1);
  if (action !== undefined) {
    const known = ACTIONS[action === "action" ? actionIn(body) : action];
    return { service, operation: known ?? `${kind}${VERBS[method]}` };
  }
  const isList = method === "GET" && (id === undefined || id === "detail");
  return { service, operation: kind + (isList ? "List" : VERBS[method]) };
}

/** Its one key. */
function actionIn(body: SendRequest["body"]): string {
  return typeof body === "string" ? Object.keys(JSON.parse(body))[0] ?? "" : "";
}
