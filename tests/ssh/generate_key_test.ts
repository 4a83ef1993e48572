import { equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { createSsh2Shell } from "../../src/ssh/ssh2_shell.ts";
import { testNeeding } from "../needs.ts";
import { options, targetOf } from "./login_target.ts";
import { opensshNeeds, startOpensshServer } from "./openssh_server.ts";

Deno.test("generateKey() gives keys of whole length, one unlike the other", async () => {
  const seen = new Set<string>();
  // ssh2 makes one in 256 a byte too short.
  for (let count = 0; count < 800; count++) {
    const { private: secret, public: open } = await generateKey();
    match(secret, /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    const [type, base64 = ""] = open.split(" ");
    equal(type, "ssh-ed25519");
    equal(Buffer.from(base64, "base64").length, 4 + 11 + 4 + 32);
    seen.add(open);
  }
  equal(seen.size, 800);
});

testNeeding(opensshNeeds, "generateKey() gives keys that a real OpenSSH server lets in", async () => {
  const { private: privateKey, public: open } = await generateKey();
  await using server = await startOpensshServer({ authorized: [open] });
  const result = await createSsh2Shell().login(targetOf(server, { privateKey }), options("echo in"));
  equal(result.output, "in\n");
});
