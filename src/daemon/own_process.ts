/** This process, as it introduces itself to the machines of its pool, in its log and in its reports. */
import { buildInfo } from "../lib/build_info.ts";
import { systemRandom } from "../lib/random.ts";

/** `id`: another each time. */
export function ownProcess() {
  return { id: systemRandom.uuid(), host: Deno.hostname(), pid: Deno.pid, version: ownVersion() };
}

/** Version and commit, as `nodepool --version` has them. */
export function ownVersion(): string {
  const { version, commit } = buildInfo();
  return `${version} (${commit})`;
}
