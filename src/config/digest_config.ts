/**
 * Short digests of a configuration, one for each of its top-level keys, by which the machines of a pool see whether
 * theirs agree. Secrets are left out, since others read the digests; so is everything that may differ between
 * machines: addresses that it listens on, its folders and files, its log. Standbys put them into etcd, and the leader
 * compares them with its own.
 */
import { createHash } from "node:crypto";
import type { Config } from "../domain/config.ts";
import type { ConfigDigests } from "../domain/machines_report.ts";
import { viewConfig } from "./config_view.ts";

const OWN_KEYS = new Set([
  "state",
  "etcd",
  "status",
  "log",
  "images-dir",
  "build-log-dir",
  "elements-dir",
  "script-dir",
]);

/** Of images and clouds, wherever they are: paths of this machine, and its way to the network. */
const OWN_FIELDS = new Set(["private-key", "cacert", "cert", "key", "proxy"]);

/** Bytes of a digest: those of two configurations are compared, not searched for. */
const LENGTH = 8;

export function digestConfig(config: Config): ConfigDigests {
  const shared = Object.entries(viewConfig(config)).filter(([key]) => !OWN_KEYS.has(key));
  return Object.fromEntries(shared.map(([key, view]) => [key, digest(view)]));
}

/** The order of keys means nothing. A secret is written as `***`. */
function digest(view: unknown): string {
  const text = JSON.stringify(view, (key, value) => {
    if (OWN_FIELDS.has(key)) return undefined;
    if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => one < other ? -1 : 1));
  });
  return createHash("sha256").update(text).digest("hex").slice(0, 2 * LENGTH);
}
