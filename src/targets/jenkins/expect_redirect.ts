/** Jenkins tells that a POST was done by leading to a page that shows it; anywhere else means that it was not. */
import type { SendResponse } from "../../http/send.ts";
import type { JenkinsCall, JenkinsClient } from "./jenkins_client.ts";

/**
 * @param options `to`: the path that the answer must lead to; `advice`: what to do where it does not
 * @returns the match of `to`
 * @throws TargetError
 */
export function expectRedirect(
  client: JenkinsClient,
  options: { call: JenkinsCall; response: SendResponse; to: RegExp; advice: string },
): RegExpMatchArray {
  const { call, response: { status, headers }, to, advice } = options;
  const location = headers.location ?? "";
  const match = pathOf(location, call).match(to);
  if (match !== null) return match;
  // A query may hold what a login page was sent there with.
  const answer = location === "" ? "with no location" : `with ${location.replace(/[?#].*$/s, "")}`;
  const problem = `answered ${answer} (HTTP ${status}); ${advice}`;
  const effect = status >= 300 ? "none" : "unknown";
  throw client.refuse(call, { kind: "badResponse", problem, status, effect });
}

/** Jenkins' own address in the answer may be another than ours: only the path counts. */
function pathOf(location: string, { path }: JenkinsCall): string {
  const base = `http://jenkins${path}`;
  return URL.canParse(location, base) ? new URL(location, base).pathname : "";
}
