/** The daemon's own settings: `status`, `limits`, `log`, and the servers that it listens to. */
import type { ListenAddress, LogConfig, StatusConfig } from "../../domain/config.ts";
import * as v from "valibot";
import {
  described,
  duration,
  durationOrNone,
  integer,
  maybe,
  oneOf,
  oneOrMore,
  optional,
  path,
  text,
} from "./fields.ts";
import { fieldsOf, section } from "./section.ts";

export const gearmanServerSection = section({
  host: described(text("a host name or address"), "Where demand is read and nodes are assigned."),
  port: optional(integer({ min: 1, max: 65_535 }), 4730, "Gearman's port."),
});

const LISTEN_PATTERN = "^(?:(?:\\[([0-9a-fA-F:.%]+)\\]|([^\\s:[\\]]*)):)?(\\d{1,5})$";

/** `host:port`, `[::1]:port` or a port alone. */
const listenAddresses = oneOrMore("an address to listen at, e.g. 127.0.0.1:8005, or a list of them", {
  json: { type: ["string", "integer"], minimum: 0, maximum: 65_535, pattern: LISTEN_PATTERN },
  parse: listenAddressFrom,
});

function listenAddressFrom(input: unknown): ListenAddress | undefined {
  const match = String(input).match(LISTEN_PATTERN);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) return undefined;
  return { hostname: match[1] ?? (match[2] || "127.0.0.1"), port };
}

/** As browsers send it, in the header Origin. */
const origins = oneOrMore('an origin, e.g. https://ci.example.org, or a list of them, or "*" for all', {
  json: { type: "string", pattern: "^(?:\\*|[A-Za-z][A-Za-z0-9+.-]*://[^/\\s]+)$" },
  parse: (input) => {
    if (input === "*") return "*";
    const origin = typeof input === "string" && URL.canParse(input) ? new URL(input).origin : "null";
    return origin !== "null" && String(input).toLowerCase() === origin ? origin : undefined;
  },
});

export const statusSection = v.nullish(
  section({
    listen: optional(listenAddresses, "127.0.0.1:8005", "Address of the status endpoint, or a list of them."),
    "allow-origin": maybe(origins, "Origins whose pages may read it in browsers; without it, only its own."),
    title: optional(text(), "nodepool", "Title of the status page."),
  }),
  {},
);

export const limitsSection = v.nullish(
  section({
    "delete-delay": optional(duration(), 60, "From the end of a Jenkins job to the node's deletion."),
    "node-stuck": optional(duration(), "8h", "A node building or used for longer is deleted."),
    "test-stuck": optional(duration(), "5m", "A node tested for longer is deleted."),
    "image-keep": optional(duration(), "8h", "How long images other than the newest two are kept."),
    idle: optional(
      durationOrNone(),
      "10m",
      "A ready node above min-ready that nobody has requested for this long is deleted; 0: never.",
    ),
    "hold-max-age": optional(durationOrNone(), 0, "A held node older than this is deleted; 0: never."),
    history: optional(
      durationOrNone(),
      "30d",
      "How long nodes that are gone, and events, are remembered; 0: as long as history-nodes has room.",
    ),
    "history-nodes": optional(
      integer({ min: 0 }),
      20_000,
      "Nodes that are gone are remembered up to this number, the newest ones.",
    ),
  }),
  {},
);

export const logSection = v.nullish(
  section({
    level: optional(oneOf(["debug", "info", "warning", "error"]), "info", "The lowest level that is logged."),
    format: maybe(oneOf(["text", "json"]), "Without it: text on a terminal, JSON lines otherwise."),
    file: maybe(path(), "Path; without it, standard error."),
    "profile-dir": maybe(
      path(),
      "Directory for the CPU profiles that SIGUSR2 makes; without it, that of the state.",
    ),
  }),
  {},
);

export function statusConfig(status: v.InferOutput<typeof statusSection>): StatusConfig {
  const fields = fieldsOf(statusSection, status);
  return { ...fields, allowOrigin: fields.allowOrigin ?? [] };
}

export function logConfig(
  log: v.InferOutput<typeof logSection>,
  { expand, besideState }: { expand: (path: string) => string; besideState: string },
): LogConfig {
  const { file, profileDir, ...fields } = fieldsOf(logSection, log);
  return {
    ...fields,
    file: file === null ? null : expand(file),
    profileDir: profileDir === null ? besideState : expand(profileDir),
  };
}
