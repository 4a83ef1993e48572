import assert from "node:assert/strict";
import { ConfigError, formatProblem } from "../../src/config/config_error.ts";
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
[jenkins "d"]
test_job = u
`,
    "secure.conf",
  );
  assert.deepEqual([...jenkins], [
    ["a b", { url: "https://a.example.org/", user: "nodepool", apiKey: "k=1:2" }],
    ["c", { credentialsId: "123\n456", testJob: "t" }],
    ["d", { testJob: "u" }],
  ]);
  assert.deepEqual(notices.map(({ line, message }) => [line, message]), [
    [3, "[database] has no effect: the key `state` says where the state is"],
  ]);
});

Deno.test("parseSecureFile() tells everything that is wrong, with lines and without values", () => {
  const found = faults(`early = 1
[jenkins "a"]
apikye = geheim
geheim
url = %(gehiem)s
`);
  assert.deepEqual(found, [
    "secure.conf:1:1: this comes before the first [section]",
    `secure.conf:3:1: unknown key "apikye"; did you mean "apikey"?`,
    "secure.conf:4:1: expected a [section] or `key = value`",
    `secure.conf:5:1: "url" refers with %(…)s to a key that does not exist`,
  ]);
});

Deno.test("parseSecureFile() warns of what has no effect or stands there twice, as Python read it", () => {
  const { jenkins, warnings } = parseSecureFile(
    `[DEFAULT]
leftover = geheim
[jenkins "a"]
apikey = geheim1
apikey = geheim2
[statsd] ; of another program
host name: geheim
[jenkins "a"]
user = me
`,
    "secure.conf",
  );
  assert.deepEqual([...jenkins], [["a", { user: "me", apiKey: "geheim2" }]]);
  assert.deepEqual(warnings.map(formatProblem), [
    `secure.conf:2:1: the key "leftover" of [DEFAULT] has no effect`,
    `secure.conf:5:1: the key "apikey" appears twice; the last one is used`,
    `secure.conf:6:1: the section [statsd] has no effect; known: [jenkins "TARGET"], [etcd], [database] and [DEFAULT]`,
    `secure.conf:8:1: the section [jenkins "a"] appears twice; both are used`,
  ]);
});

Deno.test("parseSecureFile() takes from [DEFAULT] what a target does not say, and fills in %(key)s", () => {
  const { jenkins, warnings, holdsSecrets } = parseSecureFile(
    `[DEFAULT]
user = nodepool
domain = ci.example.org
apikey = 100%
[jenkins "a"]
url = https://j1.%(domain)s/50%%  ; the first
user = other
[jenkins "b"]
url = ""
[jenkins "c"]
`,
    "secure.conf",
  );
  assert.deepEqual([...jenkins], [
    ["a", { url: "https://j1.ci.example.org/50%", user: "other", apiKey: "100%" }],
    ["b", { url: "", user: "nodepool", apiKey: "100%" }],
    ["c", { user: "nodepool", apiKey: "100%" }],
  ]);
  assert.deepEqual([warnings, holdsSecrets], [[], true]);
});

Deno.test("parseSecureFile() ends where a value refers to itself", () => {
  assert.deepEqual(faults(`[jenkins "a"]\nurl = x%(url)s\n`), [
    `secure.conf:2:1: "url" refers with %(…)s to a key that does not exist`,
  ]);
});

Deno.test("a file with a section of another program holds secrets", () => {
  assert.equal(parseSecureFile("[other]\nx = 1\n", "secure.conf").holdsSecrets, true);
  assert.equal(parseSecureFile(`[jenkins "a"]\nuser = x\n`, "secure.conf").holdsSecrets, false);
});
