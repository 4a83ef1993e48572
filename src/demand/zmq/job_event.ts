/** Reads the events of Jenkins' ZMQ Event Publisher about a job on a node: pure. */
import * as v from "valibot";

/** A build has begun; its steps are over; all is over, and its result will not change. */
type JobEventType = "started" | "completed" | "finalized";

export interface JobEvent {
  readonly type: JobEventType;
  readonly job: string;
  /** Jenkins' name of the agent, which is a node's nodename; empty: it ran on none. */
  readonly nodename: string;
  /** `SUCCESS`, `FAILURE`, `UNSTABLE`, `ABORTED`, …; null: not known yet. */
  readonly result: string | null;
  /** `ZUUL_BRANCH`; null: the job has no such parameter. */
  readonly branch: string | null;
}

const TOPICS: Readonly<Record<string, JobEventType>> = {
  onStarted: "started",
  onCompleted: "completed",
  onFinalized: "finalized",
};

/** A field of the wrong type does not hide that a job has ended. */
const optionalText = v.fallback(v.nullish(v.string(), null), null);

const eventSchema = v.object({
  name: v.string(),
  build: v.object({
    node_name: v.fallback(v.nullish(v.string(), ""), ""),
    status: optionalText,
    parameters: v.fallback(v.nullish(v.object({ ZUUL_BRANCH: optionalText })), null),
  }),
});

/** @param text `TOPIC JSON`, as `onFinalized {"name": …, "build": {…}}` @returns null for any other message */
export function parseJobEvent(text: string): JobEvent | null {
  const [, topic = "", json = ""] = text.match(/^(on[A-Za-z]+)\s+(\{[^]*)$/) ?? [];
  const type = Object.hasOwn(TOPICS, topic) ? TOPICS[topic] : undefined;
  if (type === undefined) return null;
  const event = v.safeParse(eventSchema, parseJson(json));
  if (!event.success) return null;
  const { name, build } = event.output;
  return {
    type,
    job: name,
    nodename: build.node_name,
    result: build.status,
    branch: build.parameters?.ZUUL_BRANCH ?? null,
  };
}

/** undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
