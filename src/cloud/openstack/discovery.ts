/**
 * Which version of a service to speak and where: from its version document, asked for once. What a document
 * does not tell is taken from the endpoint's own path; a service without one is spoken to in its base version.
 * `session` calls it.
 */
import * as v from "valibot";
import { jsonOf } from "../../lib/parse_answer.ts";
import type { SendResponse } from "../../http/send.ts";
import type { ServiceType } from "./catalog.ts";
import { mendedAnswer } from "./mended_answer.ts";

export interface ServiceRoot {
  /** Ends in the version (and the project's id where the catalog had one), without a slash. */
  readonly url: string;
  /** Nova's newest microversion, as N of 2.N; 0 where it has none. */
  readonly microversion: number;
  /** Whether all is known: the service has told it, or there is nothing to tell. */
  readonly isTold: boolean;
}

const VersionSchema = v.object({
  id: v.string(),
  status: v.nullish(v.string()),
  version: v.nullish(v.string()),
  links: v.optional(v.array(v.object({ rel: v.nullish(v.string()), href: v.string() })), []),
});

type Version = v.InferOutput<typeof VersionSchema>;

/** The major version spoken, its ids in version documents, and where it is when nothing tells. */
const SPOKEN: Readonly<Record<ServiceType, { major: string; ids: RegExp; path: string }>> = {
  compute: { major: "2", ids: /^v2\.1$/, path: "v2.1" },
  network: { major: "2", ids: /^v2\.0$/, path: "v2.0" },
  image: { major: "2", ids: /^v2(\.\d+)?$/, path: "v2" },
};

/** The path of an endpoint: before the version, the version, and what comes after it (a project's id). */
const VERSIONED = /^(.*?)\/(v\d+(?:\.\d+)?)((?:\/[^/]+)?)$/;

/**
 * @param ask for the answer at the address whose version document tells about the endpoint; null: no answer. It
 *   is not called where the endpoint names the version already and the service has no microversions.
 */
export async function discoverRoot(
  service: ServiceType,
  endpoint: string,
  ask: (url: string) => Promise<SendResponse | null>,
): Promise<ServiceRoot> {
  const { major, path, ids } = SPOKEN[service];
  const { origin, pathname } = new URL(endpoint);
  const bare = pathname.replace(/\/+$/, "");
  const [, before = bare, named = "", after = ""] = bare.match(VERSIONED) ?? [];
  // Old catalogs list Glance with its v1.
  const isSpoken = named.slice(1).split(".")[0] === major;
  const isNeeded = service === "compute" || !isSpoken;
  const document = isNeeded ? await ask(`${origin}${before}/`) : null;
  const best = versionsIn(document).filter((version) => ids.test(version.id)).toSorted(byStatus)[0];
  const root = best === undefined || best.id === named
    ? `${before}/${isSpoken ? named : path}`
    : rebase(selfLink(best), { before, fallback: path });
  return {
    url: `${origin}${root}${after}`,
    microversion: Number(best?.version?.match(/^2\.(\d+)$/)?.[1] ?? 0),
    isTold: best !== undefined || !isNeeded,
  };
}

/** Checks the version that `*_api_version` asks for; null where the cloud supports it, else why not. */
export function checkApiVersion(service: ServiceType, asked: string | undefined): string | null {
  const { major } = SPOKEN[service];
  if (asked === undefined || asked.replace(/^v/, "").split(".")[0] === major) return null;
  return `${service}_api_version ${asked} is not supported; use ${major} or leave it out`;
}

/** `{versions: […]}`, `{versions: {values: […]}}`, `{version: {…}}`: services differ. */
function versionsIn(document: SendResponse | null): readonly Version[] {
  const { version, versions } = Object(document === null ? null : jsonOf(document.body));
  const list = version ? [version] : Array.isArray(versions) ? versions : versions?.values;
  if (!Array.isArray(list)) return [];
  const options = { refuse: (message: string) => new Error(message), tell: () => {} };
  return mendedAnswer(v.array(VersionSchema), list, options);
}

function byStatus(one: Version, other: Version): number {
  return Number(other.status === "CURRENT") - Number(one.status === "CURRENT");
}

function selfLink(version: Version): string | null {
  return version.links.find((link) => link.rel === "self")?.href ?? null;
}

/** Links tell the service's own idea of its address, which a proxy may have changed: only the path counts. */
function rebase(href: string | null, { before, fallback }: { before: string; fallback: string }): string {
  if (href === null || !URL.canParse(href)) return `${before}/${fallback}`;
  const path = new URL(href).pathname.replace(/\/+$/, "");
  if (path.startsWith(`${before}/`)) return path;
  return `${before}/${path.match(/\/(v\d+(?:\.\d+)?)$/)?.[1] ?? fallback}`;
}
