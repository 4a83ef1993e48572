/** The program on a real terminal: of some width, of a width that COLUMNS gives, and of one that does not know its own. */
import assert from "node:assert/strict";
import { displayWidth } from "../../src/lib/display_width.ts";
import { shellWord } from "../../src/lib/shell_quote.ts";
import { testNeeding } from "../needs.ts";
import { programCommand, programEnvironment } from "./program.ts";

/** What a command prints on a terminal of that many columns, without what moves the cursor. */
async function onTerminal(
  columns: number,
  { args, env = {} }: { args: readonly string[]; env?: Record<string, string> },
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "np width " });
  try {
    const config = `${folder}/nodepool.yaml`;
    await Deno.writeTextFile(
      config,
      `state: ${JSON.stringify(`${folder}/pool.kv`)}\nlabels: []\nproviders: []\n`,
    );
    const command = programCommand(["-c", config, ...args]).map(shellWord).join(" ");
    const { stdout } = await new Deno.Command("script", {
      args: ["-qec", `stty cols ${columns}; exec ${command}`, "/dev/null"],
      clearEnv: true,
      env: programEnvironment({ NO_COLOR: "1", SHELL: "/bin/sh", ...env }),
      stdin: "null",
    }).output();
    // deno-lint-ignore no-control-regex
    return new TextDecoder().decode(stdout).replaceAll("\r", "").replaceAll(/\x1b\[\d*[A-Z]/g, "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const cases: readonly { name: string; columns: number; env?: Record<string, string>; width: number }[] = [
  { name: "a terminal of 60 columns", columns: 60, width: 60 },
  { name: "a terminal of 40 columns", columns: 40, width: 40 },
  {
    name: "a terminal of 200 columns, of which COLUMNS gives 50",
    columns: 200,
    env: { COLUMNS: "50" },
    width: 50,
  },
  { name: "a terminal that does not know its width", columns: 0, width: 80 },
];

for (const { name, columns, env = {}, width } of cases) {
  testNeeding(["script"], `tables and help fit ${name}`, async () => {
    for (const args of [["status"], ["acquire", "--help"]]) {
      const text = await onTerminal(columns, { args, env });
      const lines = text.split("\n").filter((line) => !line.startsWith("nodepool: "));
      assert.ok(lines.length > 6, text);
      for (const line of lines) assert.ok(displayWidth(line) <= width || !line.trim().includes(" "), text);
      assert.ok(lines.some((line) => displayWidth(line) > width * 0.7), text);
    }
  });
}
