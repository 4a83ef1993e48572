/**
 * Jenkins' protection against forged requests, wanted with every POST. A crumb belongs to the session in which it was
 * issued, whose cookie goes with it. Pure; `jenkins_client` asks for it.
 */
import * as v from "valibot";
import type { SendResponse } from "../../http/send.ts";
import { parseAnswer } from "../../lib/parse_answer.ts";

/** The headers that every POST carries; empty where Jenkins has the protection switched off. */
export type Crumb = Readonly<Record<string, string>>;

const CrumbSchema = v.object({ crumb: v.string(), crumbRequestField: v.string() });

/** Reads the answer of `/crumbIssuer/api/json`. @param refuse makes the error from a message */
export function readCrumb(response: SendResponse, refuse: (message: string) => Error): Crumb {
  if (response.status === 404) return {};
  const { crumb, crumbRequestField } = parseAnswer(CrumbSchema, response, refuse);
  const cookie = readCookies(response.headers["set-cookie"] ?? "");
  return { [crumbRequestField.toLowerCase()]: crumb, ...(cookie !== "" && { cookie }) };
}

/** `a=1; Path=/, b=2; Expires=Thu, 01 Jan …` becomes `a=1; b=2`: several cookies come as one header. */
function readCookies(setCookie: string): string {
  return setCookie
    .split(/,\s*(?=[^;,=\s]+=)/)
    .map((cookie) => cookie.split(";", 1)[0]!.trim())
    .filter((cookie) => cookie !== "")
    .join("; ");
}
