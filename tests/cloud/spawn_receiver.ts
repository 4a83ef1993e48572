import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("upload_receiver.ts", import.meta.url));

interface UploadReceiver extends AsyncDisposable {
  /** Ends without a slash. */
  readonly url: string;
}

/** Starts upload_receiver.ts; resolves when it takes requests. */
export async function spawnReceiver({ tls = false } = {}): Promise<UploadReceiver> {
  const args = ["run", "-A", "--no-check", "--cached-only", program, ...(tls ? ["--tls"] : [])];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "piped" }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = new TextDecoder().decode(value).trim();
  assert.match(port, /^\d+$/);
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}
