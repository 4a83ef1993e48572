/** Reading the configuration's files again and again, as they change. */
import assert from "node:assert/strict";
import { ConfigSource } from "../../src/config/config_source.ts";
import { denoEnvironment } from "../../src/config/deno_environment.ts";

const CLOUD = "auth: {auth_url: http://keystone/v3, username: u, password: p, project_name: ci}";

/** A folder with nodepool.yaml and clouds.yaml; `onRead`: called before each reading of a file. */
async function kit({ onRead = (_file: string) => {} } = {}) {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-source-" });
  await Deno.writeTextFile(`${folder}/key`, "");
  const write = (file: string, text: string) =>
    Deno.writeTextFileSync(`${folder}/${file}`, text, { mode: 0o600 });
  const writeConfig = (...labels: readonly string[]) =>
    write(
      "nodepool.yaml",
      `
providers:
  - {name: main, cloud: one, max-servers: 9, images: [{name: debian, base-image: d, min-ram: 1, private-key: /key}]}
labels:
${labels.map((name) => `  - {name: ${name}, image: debian, providers: [{name: main}]}`).join("\n")}
`,
    );
  const writeClouds = (region: string) =>
    write("clouds.yaml", `clouds: {one: {region_name: ${region}, ${CLOUD}}}`);
  writeConfig("small");
  writeClouds("north");
  const source = await ConfigSource.open(`${folder}/nodepool.yaml`, {
    secureFile: null,
    strict: false,
    environment: {
      ...denoEnvironment,
      env: (name) => {
        if (name === "OS_CLIENT_SECURE_FILE") return `${folder}/secure.yaml`;
        return name === "OS_CLIENT_CONFIG_FILE" ? `${folder}/clouds.yaml` : undefined;
      },
      readFile(path, options) {
        onRead(path.slice(folder.length + 1));
        return denoEnvironment.readFile(path, options);
      },
    },
  });
  const end = () => Deno.remove(folder, { recursive: true });
  return { source, write, writeConfig, writeClouds, [Symbol.asyncDispose]: end };
}

const labelsOf = ({ config }: ConfigSource["first"]) => config.labels.map(({ name }) => name);
const regionOf = ({ config }: ConfigSource["first"]) => config.providers[0]!.access.regionName;

Deno.test("files that change while they are read are read once more, so that they belong together", async () => {
  let change = () => {};
  await using files = await kit({
    onRead(file) {
      if (file !== "clouds.yaml") return;
      change();
      change = () => {};
    },
  });
  change = () => {
    files.writeConfig("small", "large");
    files.writeClouds("south");
  };
  const reading = await files.source.read();
  assert.deepEqual([labelsOf(reading), regionOf(reading)], [["small", "large"], "south"]);
  assert.equal(reading.stamp, await files.source.stamp());
});

Deno.test("a file that was missing and comes has the configuration read again", async () => {
  await using files = await kit();
  const { stamp } = files.source.first;
  assert.equal(await files.source.stamp(), stamp);
  files.write("secure.yaml", "clouds: {one: {auth: {password: hidden}}}");
  assert.notEqual(await files.source.stamp(), stamp);
  const { config, stamp: next } = await files.source.read();
  const { auth } = config.providers[0]!.access;
  assert.equal(auth.method === "password" && auth.password, "hidden");
  assert.equal(await files.source.stamp(), next);
});

Deno.test("a file that is mended while it is read is no problem", async () => {
  let mend = () => {};
  await using files = await kit({ onRead: (file) => file === "clouds.yaml" && mend() });
  files.write("nodepool.yaml", "labels: [");
  mend = () => files.writeConfig("small", "large");
  // A file that is no YAML leads to no other.
  await assert.rejects(files.source.read(), /nodepool.yaml:1/);
  files.writeConfig("small");
  files.write("clouds.yaml", "clouds: [");
  mend = () => files.writeClouds("south");
  assert.equal(regionOf(await files.source.read()), "south");
});

Deno.test("the stamp tells of a change of clouds.yaml alone, and of one that a broken file refers to", async () => {
  await using files = await kit();
  assert.equal(await files.source.stamp(), files.source.first.stamp);
  files.writeClouds("the-far-south");
  const changed = await files.source.stamp();
  assert.notEqual(changed, files.source.first.stamp);
  files.write("nodepool.yaml", "labels: 5");
  await assert.rejects(files.source.read());
  const broken = await files.source.stamp();
  files.writeConfig("small", "medium", "large");
  assert.notEqual(await files.source.stamp(), broken);
});

Deno.test("the newest good reading is kept while the file is broken", async () => {
  await using files = await kit();
  files.writeConfig("small", "large");
  await files.source.read();
  files.write("nodepool.yaml", "labels: 5");
  await assert.rejects(files.source.read());
  assert.deepEqual(labelsOf(files.source.newest), ["small", "large"]);
  assert.deepEqual(labelsOf(files.source.first), ["small"]);
});

Deno.test("what lies beside the state stays there while the file names another state for the next start", async () => {
  await using files = await kit();
  const placesOf = (
    { state, imagesDir, buildLogDir, log }: ConfigSource["first"]["config"],
  ) => [state, imagesDir, buildLogDir, log.profileDir];
  const config = (state: string) => `providers: []\nlabels: []\nstate: ${state}\n`;
  files.write("nodepool.yaml", config("/moved/nodepool.kv"));
  const beside = ["/var/lib/nodepool/images", "/var/lib/nodepool/build-logs", "/var/lib/nodepool"];
  assert.deepEqual(placesOf((await files.source.read()).config), ["/moved/nodepool.kv", ...beside]);
  const other = { file: { path: "new.yaml", text: config("/new/nodepool.kv") }, secure: null, isOwn: false };
  assert.deepEqual(placesOf((await files.source.readOther(other)).config), ["/new/nodepool.kv", ...beside]);
  const restarted = await ConfigSource.open(files.source.path, { secureFile: null, strict: false });
  assert.deepEqual(placesOf(restarted.first.config), [
    "/moved/nodepool.kv",
    ...["/moved/images", "/moved/build-logs", "/moved"],
  ]);
});
