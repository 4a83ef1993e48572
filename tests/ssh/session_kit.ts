/** What tests of sessions share: one real OpenSSH server for a test file, and sessions on it. */
import type { Milliseconds } from "../../src/domain/time.ts";
import type { ShellSession } from "../../src/ssh/shell.ts";
import { createSsh2Shell, type Ssh2ShellOptions } from "../../src/ssh/ssh2_shell.ts";
import { PATIENCE } from "../eventually.ts";
import { missingNeed, testNeeding } from "../needs.ts";
import { targetOf } from "./login_target.ts";
import { opensshNeeds, type OpensshServer, startOpensshServer } from "./openssh_server.ts";

export interface SessionKit {
  readonly server: OpensshServer;
  /** Removed with the server. */
  readonly folder: string;
  connect(options?: Ssh2ShellOptions & { port?: number }): Promise<ShellSession>;
}

/** Registers tests that need the server; where there can be none, they are skipped. */
export function withOpensshServer(subject: string) {
  const missing = missingNeed(opensshNeeds);
  let kit: SessionKit | undefined;
  Deno.test.beforeAll(async () => {
    if (missing !== null) return;
    const folder = await Deno.makeTempDir({ prefix: "session-" });
    const server = await startOpensshServer();
    kit = { server, folder, connect: (options) => connectTo(server, options) };
  });
  Deno.test.afterAll(async () => {
    if (kit === undefined) return; // skipped, or its server did not start
    await kit.server[Symbol.asyncDispose]();
    // Without root, what lies in a folder that is read-only cannot be removed.
    await new Deno.Command("chmod", { args: ["-R", "u+rwX", kit.folder] }).output();
    await Deno.remove(kit.folder, { recursive: true });
  });
  return (name: string, fn: (kit: SessionKit) => Promise<void>) =>
    testNeeding(opensshNeeds, `${subject} ${name}`, () => fn(kit!));
}

/** A session on the server, or by another port to it. */
export function connectTo(
  server: OpensshServer,
  { port = server.port, ...options }: Ssh2ShellOptions & { port?: number } = {},
): Promise<ShellSession> {
  return createSsh2Shell(options).connect(targetOf(server, { port }), limits());
}

/** The limits of a piece of work that nothing is to go wrong with. */
export function limits(
  other: { timeout?: Milliseconds; signal?: AbortSignal } = {},
): { timeout: Milliseconds; signal: AbortSignal } {
  return { timeout: PATIENCE, signal: new AbortController().signal, ...other };
}
