import assert from "node:assert/strict";
import { ConfigSource } from "../../src/config/config_source.ts";
import { tellConfig } from "../../src/daemon/member_config.ts";
import { loggedLines } from "../lib/logged_lines.ts";

const GOOD = "labels: []\nproviders: []\n";

Deno.test("a process that does not lead says at SIGHUP whether the configuration can be used", async () => {
  const path = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(path, GOOD);
  const source = await ConfigSource.open(path, { secureFile: null, strict: false });
  const told = async (text: string) => {
    await Deno.writeTextFile(path, text);
    return (await loggedLines(() => tellConfig(source))).map(({ level, message }) =>
      `${level} ${message.join("")}`
    );
  };
  assert.deepEqual(await told(GOOD), ["info the configuration has been read, and can be used"]);
  assert.deepEqual(await told("labels: 7\nproviders: []\n"), [
    `error configuration: ${path}:1:1: labels: expected a list, found 7; the last good one stays in force`,
  ]);
  await Deno.remove(path);
});
