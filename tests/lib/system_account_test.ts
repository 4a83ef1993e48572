/** The account of the process, with `id` as the witness. */
import assert from "node:assert/strict";
import { systemAccount, systemHome } from "../../src/lib/system_account.ts";
import { testNeeding } from "../needs.ts";

async function outputOf(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args }).output();
  return new TextDecoder().decode(stdout).trim();
}

testNeeding(["account"], "the account is the system's, whatever the environment says", async () => {
  const before = Deno.env.get("USER");
  Deno.env.set("USER", "somebody-else");
  try {
    assert.equal(systemAccount()!.username, await outputOf("id", "-un"));
  } finally {
    if (before === undefined) Deno.env.delete("USER");
    else Deno.env.set("USER", before);
  }
});

testNeeding(["account"], "the home directory is HOME, or where that is not set the account's", () => {
  const before = Deno.env.get("HOME");
  try {
    Deno.env.set("HOME", "/somewhere");
    assert.equal(systemHome(), "/somewhere");
    Deno.env.delete("HOME");
    assert.equal(systemHome(), systemAccount()!.homedir);
  } finally {
    if (before !== undefined) Deno.env.set("HOME", before);
  }
});
