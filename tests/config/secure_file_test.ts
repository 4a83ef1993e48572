import assert from "node:assert/strict";
import { ConfigError } from "../../src/config/config_error.ts";
import { parseSecureFile } from "../../src/config/secure_file.ts";

function faults(text: string): string[] {
  try {
    parseSecureFile(text, "secure.conf");
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.split("\n");
  }
}

Deno.test("parseSecureFile() reads what Python's ConfigParser reads", () => {
  const { jenkins, notices } = parseSecureFile(
    `# comment
; another
[database]
dburi=mysql://u:p@localhost/x

[jenkins "a b"]
URL = https://a.example.org/
user: nodepool
apikey = k=1:2
[jenkins "c"]
credentials = 123
  456
test-job: t
`,
    "secure.conf",
  );
  assert.deepEqual([...jenkins], [
    ["a b", { url: "https://a.example.org/", user: "nodepool", apiKey: "k=1:2" }],
    ["c", { credentialsId: "123\n456", testJob: "t" }],
  ]);
  assert.deepEqual(notices.map(({ line, message }) => [line, message]), [
    [3, "[database] has no effect: the state is a file (key `state`)"],
  ]);
});

Deno.test("parseSecureFile() tells everything that is wrong, with lines and without values", () => {
  const found = faults(`early = 1
[jenkins "a"]
apikye = geheim
apikey = geheim
apikey = geheim
geheim
[jenkins "a"]
[gearman]
x = geheim
`);
  assert.deepEqual(found, [
    "secure.conf:1:1: this stands before the first [section]",
    `secure.conf:3:1: unknown key "apikye"; did you mean "apikey"?`,
    `secure.conf:5:1: the key "apikey" stands here twice`,
    "secure.conf:6:1: expected a [section] or `key = value`",
    `secure.conf:7:1: the section [jenkins "a"] stands here twice`,
    `secure.conf:8:1: unknown section [gearman]; known are [jenkins "TARGET"] and [database]`,
  ]);
});
