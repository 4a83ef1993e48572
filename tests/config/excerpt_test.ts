/** Problems show the line that they are about, with a mark under the place, and never a secret. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError, formatProblem, type Problem } from "../../src/config/config_error.ts";
import { formatExcerpt } from "../../src/config/format_excerpt.ts";
import { maskedLines } from "../../src/config/masked_lines.ts";
import { configSection } from "../../src/config/schema/config_section.ts";
import { sectionAt, traitsOf } from "../../src/config/schema/section.ts";
import { parseAlone } from "./fake_environment.ts";

/** All that is wrong with the text, worth a warning or worth telling. */
async function problemsOf(text: string, files: Record<string, string> = {}): Promise<readonly Problem[]> {
  try {
    const { warnings, notices } = await parseAlone(text, { files });
    return [...warnings, ...notices];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

/** Each problem's excerpt, without the number of the line. */
async function excerpts(text: string, columns: number | null = null): Promise<readonly string[]> {
  const problems = await problemsOf(text);
  return problems.map((problem) =>
    (formatExcerpt(problem, { columns }) ?? []).map((line) => line.slice(9)).join("\n")
  );
}

const cases: readonly (readonly [name: string, text: string, ...expected: string[]])[] = [
  ["a value", "limits:\n  idle: never # x\n", "  idle: never # x\n        ^^^^^"],
  ["a value in quotes", 'limits: {idle: "a b"}\n', 'limits: {idle: "a b"}\n               ^^^^^'],
  [
    "a value in a flow mapping",
    "limits: {idle: x, history: 1d}\n",
    "limits: {idle: x, history: 1d}\n               ^",
  ],
  ["a list where a value belongs", "state: [a, b]\n", "state: [a, b]\n       ^^^^^^"],
  ["an unknown key", "lables: []\n", "lables: …\n^^^^^^"],
  ["an unknown key with a list below it", "lables:\n  - name: x\n", "lables:\n^^^^^^"],
  [
    "a value below a key for anchors, which is no secret",
    "x-limits: &limits\n  idle: never\nlimits: { <<: *limits }\n",
    "  idle: never\n        ^^^^^",
  ],
  ["a missing key", "labels:\n  - name: x\n", "  - name: x\n    ^^^^"],
  ["a broken text", "labels: [a\nlimits: {}\n", "labels: [a\n        ^^"],
  ["a tab", "limits:\n\tidle: 1\n", " idle: 1\n^"],
  [
    "wide characters",
    "labels: [{name: 日本語, imagé: x, image: y}]\n",
    "labels: [{name: 日本語, imagé: …\n                        ^^^^^",
  ],
  [
    "a warning",
    "labels: []\nproviders: []\ntargets: [{name: t, hostname: x}]\n",
    "",
    "",
    "targets: [{name: t, hostname: x}]\n                              ^",
  ],
];

for (const [name, text, ...expected] of cases) {
  Deno.test(`a problem shows its line and marks the place of ${name}`, async () => {
    const found = (await excerpts(text)).filter((excerpt) => excerpt !== "");
    const wanted = expected.filter((excerpt) => excerpt !== "");
    assert.ok(wanted.every((excerpt) => found.includes(excerpt)), found.join("\n"));
  });
}

Deno.test("a long line is cut around the place, to the width of the terminal", async () => {
  const text = `limits: {history-nodes: ${"1".repeat(10)}, hold-max-age: ${"x".repeat(10)}, idle: 1}\n`;
  for (const columns of [30, 40, 60, 200]) {
    const problem = (await problemsOf(text)).find(({ path }) => path.endsWith("hold-max-age"))!;
    const [line, mark] = formatExcerpt(problem, { columns })!;
    assert.ok(line.length <= columns && mark.length <= columns, line);
    assert.equal(line.slice(mark.indexOf("^")).slice(0, 10), "x".repeat(10));
  }
});

Deno.test("a problem of a file with a line of 200,000 characters is told within seconds, whatever the line consists of", async () => {
  for (const part of ["a", "a:", "'", "\\\\", " ", "-", "&a"]) {
    const userdata = part.repeat(200_000 / part.length);
    const begun = performance.now();
    const found = await problemsOf(
      `dburi: x\nlimits: {idle: x, userdata: "${userdata}", history: y}\n${userdata}: z\n`,
    );
    assert.ok(found.length > 0);
    assert.ok(performance.now() - begun < 10_000, part);
  }
});

Deno.test("line and column stay those of the key, and the message the same", async () => {
  const [problem] = await problemsOf("limits:\n  idle: never\n");
  assert.deepEqual([problem!.line, problem!.column, problem!.path], [2, 3, "limits.idle"]);
});

const SECRET = "zq7xzq7xzq7x";

const secretive: readonly string[] = [
  `password: ${SECRET}`,
  `password: "${SECRET}"`,
  `password: '${SECRET}`,
  `password: "${SECRET}\n      ${SECRET}"`,
  `password: >-\n      ${SECRET}\n      ${SECRET}`,
  `password: |\n${SECRET}\n${SECRET}`,
  `password: |\n${SECRET}\n${SECRET}: x`,
  `password: >-\n${SECRET}: x`,
  `password:\n      - ${SECRET}`,
  `password: {a: ${SECRET}, b: [${SECRET}]}`,
  `pasword: ${SECRET}`,
  `Password: ${SECRET}`,
  `"password": ${SECRET}`,
  `password : ${SECRET}`,
  `password ${SECRET}`,
  `password=${SECRET}`,
  `password:${SECRET}`,
  `# password: ${SECRET}`,
  `username: &pw ${SECRET}\n    password: *pw`,
  `auth-url: https://ci:${SECRET}@cloud.example.org/`,
  `auth-url: ci://ci:${SECRET}@cloud.example.org/`,
  `networks: [{name: a, password: ${SECRET}, public: maybe}]`,
  `networks: [{name: a, pasword: ${SECRET}, public: maybe}]`,
  `cloud_password: ${SECRET}`,
  `os_token: ${SECRET}`,
  `application_credential_secret: ${SECRET}`,
  `images: [{name: i, userdata: "${SECRET}", min-ram: x}]`,
  `password: !${SECRET}`,
  `password: !!${SECRET} x`,
  `password: !<${SECRET}> x`,
  `password: !x!${SECRET}`,
  `password: *${SECRET}`,
  `password: |${SECRET}`,
  `password: >${SECRET}`,
  `password: "\\U${SECRET}"`,
  `password: %${SECRET}`,
  `pool: ]\n    password:\n      ${SECRET}`,
  `pool: ]\n    password:\n      "${SECRET}"`,
  `prices: {currency: EUR, password:${SECRET}}`,
  `images:\n      - name: i\n        userdata: |\n          #cloud-config\n          password: ${SECRET}\n          x: ${SECRET}\n        min-ram: x`,
];

function configWith(lines: string): string {
  return `dburi: mysql://${SECRET}@h/\nproviders:\n  - name: p\n    max-servers: many\n    ${lines}\n    rate: often\ntargets:\n  - {name: t, rate: x, jenkins: {apikey: ${SECRET}, url: y}}\n`;
}

/** All that is told of what is wrong: a line of the file and a mark, and a message. */
async function shownOf(text: string): Promise<string> {
  const problems = await problemsOf(text);
  return problems.flatMap((problem) => [
    formatProblem(problem),
    ...formatExcerpt(problem, { columns: 200 }) ?? [],
  ]).join("\n");
}

for (const lines of secretive) {
  Deno.test(`neither message nor excerpt shows a secret that stands as ${JSON.stringify(lines.replaceAll(SECRET, "S"))}`, async () => {
    assert.doesNotMatch(await shownOf(configWith(lines)), /zq7x/);
  });
}

Deno.test("neither message nor excerpt shows a secret of a file that somebody broke anywhere", async () => {
  const mutation = fc.record({
    lines: fc.constantFrom(
      ...secretive.filter((lines) =>
        !/^(password ?[^:]|password:[^ ]|#|networks: .*pasword|prices: |.*&pw)|: x$/.test(lines)
      ),
    ),
    at: fc.nat(400),
    cut: fc.nat(2),
    added: fc.constantFrom("", " ", "\n", '"', "'", "{", "]", ":", "- ", "\t", "#", "x", "|", "&a ", "*a"),
  });
  await fc.assert(
    fc.asyncProperty(mutation, async ({ lines, at, cut, added }) => {
      const text = configWith(lines);
      const place = at % text.length;
      const broken = text.slice(0, place) + added + text.slice(place + cut);
      assert.doesNotMatch(await shownOf(broken), /zq7xzq/, broken);
    }),
    { numRuns: 300 },
  );
});

for (
  const [what, text] of [
    ["a file that is a secret", SECRET],
    ["a text where a mapping belongs", `targets: [{name: t, jenkins: apikey=${SECRET}}]`],
    ["a value with a secret in it", `limits: {idle: "password: ${SECRET}"}`],
    [
      "a private key in the place of its path",
      `providers: [{name: p, images: [{name: i, private-key: "-----BEGIN X-----\\n${SECRET}"}]}]`,
    ],
  ] as const
) {
  Deno.test(`neither message nor excerpt shows the secret of ${what}`, async () => {
    const problems = await problemsOf(`${text}\n`);
    assert.ok(problems.length > 0);
    assert.doesNotMatch(JSON.stringify(problems), /zq7x/);
  });
}

Deno.test("an address of IPv6 is shown, and none of it taken for a password", () => {
  const address = "state: etcd:https://[fd77::14]:2379,https://[::1]:2379/ci";
  assert.deepEqual(maskedLines(address), [address]);
  assert.deepEqual(maskedLines(`auth-url: https://[::1]:${SECRET}`), ["auth-url: https://***"]);
  assert.deepEqual(maskedLines(`auth-url: https://ci:[::1]${SECRET}`), ["auth-url: https://***"]);
});

Deno.test("a private key that stands in the file is refused, since its path belongs there", async () => {
  const image = "- name: i\n    private-key: |\n      -----BEGIN X-----\n      abc\n      -----END X-----\n";
  const problems = await problemsOf(`providers:\n- name: p\n  images:\n  ${image}`);
  const messages = problems.map(({ message }) => message);
  assert.ok(messages.includes('expected the path of a private key, found "***"'), messages.join("\n"));
});

Deno.test("a clouds.yaml that cannot be read is not shown: it is all secrets", async () => {
  const clouds = `clouds:\n  my-cloud:\n    auth: {username: u, password: ${SECRET}, user_id: [}\n`;
  const problems = await problemsOf("providers: [{name: p, cloud: my-cloud, max-servers: 1}]\n", {
    "/etc/openstack/clouds.yaml": clouds,
  });
  const [problem] = problems.filter(({ file }) => file.endsWith("clouds.yaml"));
  assert.deepEqual([problem!.line, problem!.excerpt], [3, null]);
});

Deno.test("of the keys that there are, those that hold secrets are hidden in excerpts, and no others", () => {
  const visit = (path: readonly (string | number)[]): void => {
    for (const [key, entry] of Object.entries(sectionAt(configSection, path) ?? {})) {
      const isHidden = maskedLines(`${key}: text`)[0] !== `${key}: text`;
      const { isHidden: meant = false } = traitsOf(entry);
      assert.equal(
        isHidden,
        meant || key === "key",
        `${[...path, key].join(".")}; a key may be half of an apikey`,
      );
      visit([...path, key]);
      visit([...path, key, 0]);
    }
  };
  visit([]);
});
