/** Sessions with a real OpenSSH server that changes keys all the time. */
import { deepEqual } from "node:assert/strict";
import { testNeeding } from "../needs.ts";
import { opensshNeeds, startOpensshServer } from "./openssh_server.ts";
import { connectTo, limits } from "./session_kit.ts";

/** Enough changes of keys that one meets what sshd sends for a terminal's input. */
const SIZE = 1_000_000;

testNeeding(opensshNeeds, "a session whose keys are changed under input and output goes on", async () => {
  await using server = await startOpensshServer({ lines: ["RekeyLimit 64K"] });
  await using session = await connectTo(server);
  const commands = Array.from({ length: 8 }, (_, at) => `yes | head -c ${SIZE}; echo end ${at}`);
  const results = await Promise.all(commands.map((command) => session.run(command, limits())));
  deepEqual(
    results.map(({ exitCode, output }) => [exitCode, output.slice(-8)]),
    commands.map((_, at) => [0, `y\nend ${at}\n`]),
  );
});
