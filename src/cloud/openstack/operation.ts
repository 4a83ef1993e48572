/**
 * What a request was for, as a name for metrics: its method and the fixed words of its path, as `GET.servers.detail`.
 * There are as many names as there are kinds of requests, however many servers there are. Pure.
 */
export function operationOf({ method, url }: { readonly method: string; readonly url: string }): string {
  const words = new URL(url).pathname.split("/").filter((segment) => FIXED.test(segment));
  return [method, ...words].join(".");
}

/** Not a version, nor an id or a name of ours: these have digits. */
const FIXED = /^[A-Za-z_.-]+$/;
