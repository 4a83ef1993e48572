/**
 * Why there is, or is not, a node: one screen on a label, a provider, a node, a request or an image. The obstacles and what
 * cures them come first, then the facts, what happens next, and the last errors. `explain` and `/explain/NAME` show it.
 */
import * as v from "valibot";
import { obstacleViewSchema } from "../obstacle_view.ts";
import { viewSchema } from "../view_head.ts";
import { rows, string, stringOrNull, word } from "../view_schema.ts";

const subjectKinds = ["label", "provider", "image", "node", "request"] as const;

export type SubjectKind = typeof subjectKinds[number];

export const explanationViewSchema = viewSchema({
  subject: v.object({ kind: word(subjectKinds), name: string }),
  /** One sentence. */
  summary: string,
  obstacles: rows(obstacleViewSchema),
  facts: rows(v.object({ name: string, value: string })),
  /** The next things to happen by themselves, the first one first. */
  next: rows(v.object({ at: stringOrNull, what: string })),
  /** The newest first. */
  errors: rows(v.object({
    at: stringOrNull,
    /** The node, the image or the provider. */
    of: string,
    error: string,
    request_id: stringOrNull,
    fault: stringOrNull,
    /** The last lines of the server's console. */
    console: stringOrNull,
  })),
  /** Other things of that name, as `explain` takes them: `request:3`. */
  also: rows(string),
});
export type ExplanationView = v.InferOutput<typeof explanationViewSchema>;

/** All that is to be said of one subject. */
export type Explanation = Omit<ExplanationView, "version" | "at" | "subject" | "also">;
