/** Policies that keep from a project's members what a launch does not need. */
import type { Quirk } from "../quirk.ts";
import { Refusal } from "../refusal.ts";

export const limitsForbidden: Quirk = {
  name: "limits-forbidden",
  about: "The limits of the project are not for its members (403).",
  request({ service, operation }) {
    if (service !== "compute" || operation !== "limits.show") return;
    throw new Refusal(403, "Policy doesn't allow os_compute_api:limits to be performed.");
  },
};
