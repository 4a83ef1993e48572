/** The schema for editors finds typical mistakes, and no fault in a configuration that is valid. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { topicTexts } from "../../src/manual/topics.ts";
import { blocksOf } from "../readme/document.ts";
import { editorFaults } from "./editor_schema.ts";
import { faultsOf } from "./fake_environment.ts";

const VALID = `labels:
  - name: small
    image: debian-12
    min-ready: 2
    max-ready-age: 8h
    providers:
      - name: my-cloud
providers:
  - name: my-cloud
    cloud: my-cloud
    max-servers: 10
    boot-timeout: 5m
    networks:
      - name: nodes
        public: true
    images:
      - name: debian-12
        base-image: debian-12
        min-ram: 2048
        username: debian
        private-key: /etc/nodepool/id_rsa
targets:
  - name: jenkins01
    hostname: "{label.name}-{node_id}"
    jenkins:
      url: https://jenkins01.example.org/
diskimages:
  - name: built
    elements:
      - vm
cron:
  cleanup: "* * * * *"
gearman-servers:
  - host: zuul.example.org
    port: 4730
zmq-publishers:
  - tcp://jenkins01.example.org:8888
state: /var/lib/nodepool/nodepool.kv
status:
  listen: 127.0.0.1:8005
  allow-origin: https://dashboard.example.org
limits:
  idle: 10m
log:
  level: info
`;

/** Each by what it replaces in the configuration above. */
const mistakes: readonly (readonly [name: string, good: string, bad: string])[] = [
  ["a number in words", "min-ready: 2", "min-ready: two"],
  ["a fraction of a node", "min-ready: 2", "min-ready: 1.5"],
  ["a number with a unit", "min-ram: 2048", "min-ram: 2GB"],
  ["a number that is too large", "port: 4730", "port: 70000"],
  ["a key that is misspelt", "min-ready: 2", "min-redy: 2"],
  ["a key in another spelling", "max-servers: 10", "max-servers: 10\n    boot_timeout: 60"],
  ["a key in the wrong place", "labels:", "min-ready: 2\nlabels:"],
  ["a label without an image", "    image: debian-12\n", ""],
  ["a provider without max-servers", "    max-servers: 10\n", ""],
  ["an image without min-ram or flavor-name", "        min-ram: 2048\n", ""],
  ["a mapping where a list belongs", "labels:\n  - name: small", "labels:\n    name: small"],
  ["names where mappings belong", "      - name: my-cloud\nproviders", "      - my-cloud\nproviders"],
  ["a list where one value belongs", "base-image: debian-12", "base-image: [debian-12, debian-11]"],
  ["one value where a list belongs", "elements:\n      - vm", "elements: vm"],
  ["a duration with an unknown unit", "boot-timeout: 5m", "boot-timeout: 5 min"],
  ["a duration in words", "idle: 10m", "idle: never"],
  ["a negative duration", "max-ready-age: 8h", "max-ready-age: -1"],
  ["a cron expression of four fields", '"* * * * *"', '"* * * *"'],
  ["a cron expression with minute 75", '"* * * * *"', '"75 * * * *"'],
  ["a cron expression in words", '"* * * * *"', "daily"],
  ["a level that there is not", "level: info", "level: verbose"],
  ["a word for yes or no that is neither", "public: true", "public: external"],
  ["an address without a port", "listen: 127.0.0.1:8005", "listen: localhost"],
  ["an origin without its scheme", "origin: https://", "origin: "],
  ["a publisher of another scheme", "tcp://jenkins01", "http://jenkins01"],
  ["an address of Jenkins without its scheme", "url: https://jenkins01", "url: jenkins01"],
  ["a template with a field that there is not", "{label.name}", "{label.nam}"],
  ["a template whose brace is not closed", "{node_id}", "{node_id"],
  ["a network without name and id", "- name: nodes\n        public", "- public"],
  [
    "a volume without a size",
    "        min-ram: 2048\n",
    "        min-ram: 2048\n        boot-from-volume: true\n",
  ],
  ["a state that is a database", "/var/lib/nodepool/nodepool.kv", "mysql://nodepool@localhost/nodepool"],
  ["a name that is empty", "name: small", 'name: ""'],
  ["a name with a blank at its end", "name: small", 'name: "small "'],
];

Deno.test("the configuration that the mistakes are made in is valid, also for editors", async () => {
  assert.deepEqual(await faultsOf(VALID), []);
  assert.deepEqual(editorFaults(VALID), []);
});

for (const [name, good, bad] of mistakes) {
  Deno.test(`editors find ${name}`, async () => {
    const text = VALID.replace(good, bad);
    assert.notEqual(text, VALID);
    assert.notDeepEqual(await faultsOf(text), [], "it is a mistake for nodepool, too");
    assert.notDeepEqual(editorFaults(text), []);
  });
}

Deno.test("editors find no fault in the configurations of the manual, whole ones and parts", () => {
  const blocks = Object.values(topicTexts).flatMap(blocksOf).filter(({ language, words, text }) =>
    language === "yaml" && words.length === 0 && /^[a-z-]+:\n/m.test(text)
  );
  const texts = blocks.map(({ text }) => text);
  assert.ok(texts.length > 4);
  const faults = texts.flatMap((text) => editorFaults(text)).filter((fault) =>
    !/required property/.test(fault)
  );
  assert.deepEqual(faults, []);
});

/** By the place in the configuration above: characters of which a value there may be made. */
const alphabets: readonly (readonly [name: string, good: string, before: string, alphabet: string])[] = [
  ["whole numbers", "min-ready: 2", "min-ready: ", "0123456789-+_:.xeE ab"],
  ["lengths of time", "idle: 10m", "idle: ", "0123456789smhdw. :_e"],
  ["words for true and false", "public: true", "public: ", "yesnoffYESNOFtrualTRUAL"],
  ["addresses to listen at", "listen: 127.0.0.1:8005", "listen: ", "0123456789.:[]af"],
  ["templates", "{label.name}-{node_id}", "{node_id}", "{}!:s0>d-a"],
];

for (const [name, good, before, alphabet] of alphabets) {
  Deno.test(`editors find no fault in any of the ${name} that nodepool takes`, async () => {
    const value = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 6 });
    await fc.assert(fc.asyncProperty(value, fc.boolean(), async (text, isQuoted) => {
      const shown = isQuoted && !before.startsWith("{") ? JSON.stringify(text) : text;
      const made = VALID.replace(good, before + shown);
      if ((await faultsOf(made)).length === 0) assert.deepEqual(editorFaults(made), [], text);
    }));
  });
}

const FIELDS = [
  "*",
  "?",
  "7",
  "07",
  "1-5",
  "*/7",
  "3/2",
  "1,2",
  "5-9/2",
  "l",
  "last",
  "mon",
  "JAN-MAR",
  "5L",
  "mon#2",
  "15W",
  "lw",
];

Deno.test("editors find no fault in any of the cron expressions that nodepool takes", async () => {
  const fields = fc.array(fc.constantFrom(...FIELDS), { minLength: 5, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fields, async (parts) => {
      const made = VALID.replace('"* * * * *"', JSON.stringify(parts.join(" ")));
      if ((await faultsOf(made)).length === 0) assert.deepEqual(editorFaults(made), [], parts.join(" "));
    }),
    { numRuns: 400 },
  );
});
