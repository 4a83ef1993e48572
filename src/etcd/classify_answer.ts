/**
 * How to take an answer of etcd's gateway: the one place that reads etcd's own words, which say more
 * than its few codes. Pure; `etcd_members` calls it.
 */
import type { EtcdErrorKind } from "./etcd.ts";

/**
 * `done`: the body has what was asked for. `elsewhere`: certainly not done, another member may do it. `unknown`: nobody
 * knows whether it was done. `strange`: nor here, since something else than etcd has answered. `login`: certainly not
 * done, since the token is not valid any more, or missing. `withoutLogin`: etcd knows no users. Else it is refused for good.
 */
export type EtcdVerdict =
  | { readonly is: "done" }
  | {
    readonly is: "elsewhere" | "unknown" | "strange" | "login" | "withoutLogin";
    readonly message: string;
  }
  | { readonly is: "refused"; readonly kind: EtcdErrorKind; readonly message: string };

/** gRPC's codes. */
const UNKNOWN = 2, INVALID_ARGUMENT = 3, NOT_FOUND = 5, PERMISSION_DENIED = 7, RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9, OUT_OF_RANGE = 11, UNIMPLEMENTED = 12, DATA_LOSS = 15, UNAUTHENTICATED = 16;

/** Said by a member before it begins with a request; the code is not the same in each version. */
const BEFOREHAND = ["no leader", "too many requests", "not supported for learner"];

/** For people: how it is, and what to do. */
const FULL = "its database is full; make room (compact and defragment it), then disarm its alarm";
const CORRUPT = "a member's data is corrupt; replace that member, then disarm its alarm";
const NO_USER = "it asks for a user; set etcd.user, and the password in the section [etcd] of secure.conf";
const WRONG_PASSWORD = "it does not know the user, or the password is wrong; check etcd.user and secure.conf";
const NO_PASSWORD = "it asks for a password; set it in the section [etcd] of secure.conf";
const NO_GATEWAY =
  "it does not answer as the JSON gateway of etcd 3.4 or newer does; check the address, and its --enable-grpc-gateway";
const COMMON_NAME =
  "its gateway takes no client certificate with a common name; make one without (its subject only /O=nodepool)";

const denied = (user: string, pool: string) =>
  `${user} may not do that; give a role of that user readwrite on the prefix /nodepool/${pool}/`;

interface Answer {
  readonly status: number;
  /** JSON; a string: it is something else. */
  readonly body: unknown;
}

/** Whom etcd answers. */
export interface EtcdVisitor {
  /** null: it logs in as nobody. */
  readonly user: string | null;
  readonly hasPassword: boolean;
  readonly pool: string;
}

export function classifyAnswer(answer: Answer, { user, hasPassword, pool }: EtcdVisitor): EtcdVerdict {
  const hasUser = user !== null;
  const refusal = readRefusal(answer);
  if (refusal === null) {
    return typeof answer.body === "string" ? { is: "strange", message: NO_GATEWAY } : { is: "done" };
  }
  const { code, message } = refusal;
  const refused = (kind: EtcdErrorKind, text = message) => ({ is: "refused", kind, message: text }) as const;
  const says = (text: string) => message.includes(text);
  if (BEFOREHAND.some(says)) return { is: "elsewhere", message };
  switch (code) {
    case UNAUTHENTICATED:
      return hasUser ? { is: "login", message } : refused("unauthorized", NO_USER);
    case INVALID_ARGUMENT:
      if (says("authentication failed")) {
        return refused("unauthorized", hasPassword ? WRONG_PASSWORD : NO_PASSWORD);
      }
      if (says("auth store is old") || says("user name is empty")) {
        return hasUser ? { is: "login", message } : refused("unauthorized", NO_USER);
      }
      return refused("refused");
    case PERMISSION_DENIED:
      return refused("unauthorized", hasUser ? denied(user, pool) : NO_USER);
    case FAILED_PRECONDITION:
      return says("authentication is not enabled") ? { is: "withoutLogin", message } : refused("refused");
    case RESOURCE_EXHAUSTED:
      return says("space exceeded") ? refused("full", FULL) : refused("refused");
    case OUT_OF_RANGE:
      return refused(says("has been compacted") ? "compacted" : "refused");
    case NOT_FOUND:
      return refused("gone");
    case UNIMPLEMENTED:
      return refused("refused", says("CommonName") ? COMMON_NAME : NO_GATEWAY);
    case DATA_LOSS:
      return refused("refused", CORRUPT);
    default:
      return { is: "unknown", message };
  }
}

/** null: it refuses nothing. */
function readRefusal({ status, body }: Answer): { code: number; message: string } | null {
  const { error, message, code } = fields(body);
  if (typeof error === "object" && error !== null) {
    // In the middle of a stream, whose status was sent before.
    const { grpc_code, code = grpc_code, message } = fields(error);
    return { code: Number(code), message: String(message) };
  }
  if (status === 200) return null;
  if (typeof body === "string" && status < 500) return { code: UNIMPLEMENTED, message: body };
  return { code: Number(code ?? UNKNOWN), message: String(message ?? error ?? `HTTP status ${status}`) };
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
