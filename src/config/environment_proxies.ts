/** The proxies that the environment names: `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, small or capital. */
import type { ProxyRules } from "../domain/proxy_rules.ts";

interface EnvironmentProxies {
  readonly rules: ProxyRules;
  /** The values that cannot be used, each with the variable's name. */
  readonly problems: readonly string[];
}

/** @param env a variable's value; undefined where it is not set */
export function environmentProxies(env: (name: string) => string | undefined): EnvironmentProxies {
  const problems: string[] = [];
  const choose = (...names: string[]): string | null => {
    const name = names.flatMap((each) => [each, each.toUpperCase()]).find((each) => env(each)?.trim());
    if (name === undefined) return null;
    const proxy = proxyAddress(env(name)!);
    const advice = "only http:// and https:// proxies are supported; connecting directly";
    if (proxy === null) problems.push(`${name} cannot be used: ${advice}`);
    return proxy;
  };
  const https = choose("https_proxy", "all_proxy");
  const http = choose("http_proxy", "all_proxy");
  const except = (env("no_proxy") ?? env("NO_PROXY") ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  return { rules: { http, https, except }, problems: [...new Set(problems)] };
}

/** A proxy's address in full, where it can be used: without a scheme it is http, as for other programs. */
export function proxyAddress(text: string): string | null {
  const trimmed = text.trim();
  const full = trimmed.includes("://") ? trimmed : `http://${trimmed}`;
  if (!URL.canParse(full)) return null;
  const { protocol, hostname, href } = new URL(full);
  return (protocol === "http:" || protocol === "https:") && hostname !== "" ? href : null;
}
