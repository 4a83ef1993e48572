/**
 * The record that a process of a pool on several machines leaves in etcd, on its lease: who it is, and where its
 * control socket answers. Written when it campaigns (`leader`) or becomes a member (`member/ID`); read by standbys,
 * builders and commands.
 */
import * as v from "valibot";

const who = {
  /** Of this process; another at its next start. */
  id: v.string(),
  host: v.string(),
  pid: v.number(),
  /** As `nodepool --version` says it. */
  version: v.string(),
  /** Milliseconds since 1970, by the machine's clock: since when it leads, or is a member. */
  since: v.number(),
};

/** Where the control operations are answered over HTTPS. */
const control = v.object({
  /** `https://HOST:PORT`. */
  url: v.string(),
  /** The certificate that is trusted there, and no other; PEM. */
  certificate: v.string(),
  /** Sent as a bearer token. */
  token: v.string(),
});

const leaderRecordSchema = v.object({
  ...who,
  control,
  /** The address of its status endpoint; null: it has none. */
  status: v.nullable(v.string()),
});

export type LeaderRecord = v.InferOutput<typeof leaderRecordSchema>;

const memberRecordSchema = v.object({
  ...who,
  role: v.picklist(["standby", "builder"]),
  control: v.nullable(control),
  /** Digests of its configuration, by key; left out: by an older version, or not known yet. */
  config: v.optional(v.record(v.string(), v.string())),
});

export type MemberRecord = v.InferOutput<typeof memberRecordSchema>;

/** null: this version cannot read it. */
export function parseLeader(text: string): LeaderRecord | null {
  return parsed(leaderRecordSchema, text);
}

/** null: this version cannot read it. */
export function parseMember(text: string): MemberRecord | null {
  return parsed(memberRecordSchema, text);
}

/** For messages: the process that left the record there. */
export function leaderName(record: string): string {
  const leader = parseLeader(record);
  return leader === null ? "another process" : `a daemon on ${leader.host} (pid ${leader.pid})`;
}

function parsed<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> | null {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch {
    return null;
  }
}
