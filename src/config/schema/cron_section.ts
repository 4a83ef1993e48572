/** `cron`: when the periodic tasks run. */
import * as v from "valibot";
import { described, former, optional, text } from "./fields.ts";
import { section } from "./section.ts";

const expression = text("a cron expression of five fields, or six with seconds last");

export const cronSection = v.nullish(
  section({
    "image-update": described(optional(expression, "14 2 * * *"), "Rebuild and upload every image in use."),
    "update-image": former("the key is image-update"),
    cleanup: described(optional(expression, "* * * * *"), "Retention, leaks and stuck nodes."),
    check: described(
      optional(expression, "*/15 * * * *"),
      "Log in to every ready node and delete those that fail.",
    ),
  }),
  {},
);
