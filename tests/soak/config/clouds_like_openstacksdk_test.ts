/** Our reading of clouds.yaml beside the real `openstack.config`, setting by setting. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { cloudAccessFrom } from "../../../src/config/clouds/cloud_access_from.ts";
import { readCloudFiles } from "../../../src/config/clouds/cloud_files.ts";
import { cloudSettings } from "../../../src/config/clouds/cloud_settings.ts";
import { environmentCloud } from "../../../src/config/clouds/environment_cloud.ts";
import type { Settings } from "../../../src/config/clouds/settings.ts";
import { vendorNames } from "../../../src/config/clouds/vendor_profiles.ts";
import { denoEnvironment } from "../../../src/config/deno_environment.ts";
import type { CloudRouting } from "../../../src/domain/cloud_routing.ts";
import type { Environment } from "../../../src/config/environment.ts";
import { pythonWith, testNeeding } from "../../needs.ts";
import { type CloudCase, cloudCases } from "../../config/cloud_cases.ts";

const vendorCases: CloudCase[] = vendorNames.map((vendor) => ({
  title: `the vendor ${vendor}`,
  files: {
    "clouds.yaml":
      `clouds:\n  a:\n    profile: ${vendor}\n    auth: {auth_url: http://k, username: u, password: p, project_name: x}\n`,
  },
  cloud: "a",
}));

const title = "cloudSettings() reads every variant of clouds.yaml as openstacksdk does";
testNeeding(["openstacksdk"], title, async (t) => {
  const cases = [...cloudCases, ...vendorCases];
  await using places = await preparePlaces(cases);
  const answers = await askOpenstacksdk(cases, places.list);
  for (const [index, one] of cases.entries()) {
    await t.step(one.title, () => compare(one, { place: places.list[index]!, theirs: answers[index]! }));
  }
});

interface Place {
  readonly home: string;
  readonly cwd: string;
}

interface Answer {
  readonly error?: string;
  readonly settings: Settings;
  readonly verify: boolean;
  readonly cacert: string | null;
  readonly interface: string | string[];
  readonly computeInterface: string | string[];
  readonly networkInterface: string | string[];
  readonly computeRegion: string;
  readonly forceIpv4: boolean;
  /** Where `networks` says it; null: only older keys do, which openstacksdk cannot read back. */
  readonly fixedNetworks: {
    readonly v4: string[];
    readonly nat: string | null;
    readonly source: string | null;
    readonly login: string | null;
  } | null;
  readonly endpoint: string | null;
  readonly serviceName: string | null;
  readonly volumeVersion: string | null;
}

/** What openstacksdk assumes and we have no use for. */
const THEIRS_ALONE = [
  ...[
    "baremetal_status_code_retries",
    "baremetal_introspection_status_code_retries",
    "image_status_code_retries",
  ],
  ...[
    "disable_vendor_agent",
    "image_api_use_tasks",
    "message",
    "secgroup_source",
    "status",
  ],
  "api_timeout",
];

async function compare(one: CloudCase, { place, theirs }: { place: Place; theirs: Answer }): Promise<void> {
  const environment = environmentAt(place, one.env ?? {});
  const files = await readCloudFiles({ environment });
  const own = ownSettings(one);
  const read = () =>
    cloudSettings(one.cloud, { sources: { files, variables: environmentCloud(environment) }, own });
  assert.equal(theirs.error !== undefined, one.refused === true, theirs.error);
  const finish = (settings: Settings) =>
    cloudAccessFrom("a", { settings, environment: { env: () => undefined, home: () => "~" } });
  if (one.refused) return assert.throws(() => finish(read()), { name: "CloudSettingsError" });
  const ours = read();
  const expected = Object.entries(theirs.settings).filter(([key]) =>
    key in ours || !THEIRS_ALONE.includes(key)
  );
  const { force_ipv4: _, prefer_ipv6: __, ...compared } = JSON.parse(JSON.stringify(ours));
  assert.deepEqual(compared, Object.fromEntries(expected));
  const access = finish(ours);
  assert.deepEqual(
    [
      access.verify,
      access.caCert,
      access.endpointOverrides.compute ?? null,
      access.serviceNames.compute ?? null,
    ],
    [theirs.verify, theirs.cacert, theirs.endpoint, theirs.serviceName],
  );
  const { interfaces, serviceInterfaces, serviceRegions, routing, regionName } = access;
  assert.deepEqual(interfaces, namesOf(theirs.interface));
  assert.deepEqual(serviceInterfaces.compute ?? interfaces, namesOf(theirs.computeInterface));
  assert.deepEqual(serviceInterfaces.network ?? interfaces, namesOf(theirs.networkInterface));
  assert.equal(serviceRegions.compute ?? regionName ?? "", theirs.computeRegion);
  assert.equal(routing.forceIpv4, theirs.forceIpv4);
  if (theirs.fixedNetworks !== null) assert.deepEqual(networksOf(routing), theirs.fixedNetworks);
  assert.equal(access.apiVersions["block-storage"] ?? null, theirs.volumeVersion);
}

function namesOf(theirs: string | string[]): string[] {
  return [theirs].flat().map((name) => name.replace(/URL$/, ""));
}

function networksOf({ networks }: CloudRouting): Answer["fixedNetworks"] {
  return {
    v4: networks.filter(({ routesV4 }) => routesV4).map(({ name }) => name),
    nat: networks.find(({ natDestination }) => natDestination)?.name ?? null,
    source: networks.find(({ natSource }) => natSource)?.name ?? null,
    login: networks.find(({ defaultInterface }) => defaultInterface)?.name ?? null,
  };
}

function ownSettings(one: CloudCase): { regionName: string | null; settings: Settings } {
  return { regionName: one.own?.regionName ?? null, settings: one.own?.settings ?? {} };
}

function environmentAt({ home, cwd }: Place, env: Readonly<Record<string, string>>): Environment {
  const inside = (path: string) => path.startsWith("/") ? path : `${cwd}/${path}`;
  return {
    readFile: (path, options) => denoEnvironment.readFile(inside(path), options),
    stat: (path) => denoEnvironment.stat(inside(path)),
    env: (name) => env[name],
    envWithPrefix: (prefix) =>
      Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith(prefix))),
    home: () => home,
    cwd: () => cwd,
  };
}

async function preparePlaces(cases: readonly CloudCase[]): Promise<AsyncDisposable & { list: Place[] }> {
  const root = await Deno.makeTempDir();
  const list: Place[] = [];
  for (const [index, { files }] of cases.entries()) {
    const place = { home: `${root}/${index}/home`, cwd: `${root}/${index}/work` };
    list.push(place);
    await Deno.mkdir(place.cwd, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      const full = path.startsWith("~/") ? `${place.home}${path.slice(1)}` : `${place.cwd}/${path}`;
      await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(full, text);
    }
  }
  return { list, [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }) };
}

async function askOpenstacksdk(
  cases: readonly CloudCase[],
  places: readonly Place[],
): Promise<readonly Answer[]> {
  const questions = cases.map((one, index) => ({
    ...places[index],
    env: one.env ?? {},
    cloud: one.cloud,
    own: ownSettings(one),
  }));
  const script = fileURLToPath(new URL("../../config/openstack_config_oracle.py", import.meta.url));
  const inherited = ["PATH", "LANG"].flatMap((name) => [[name, Deno.env.get(name) ?? ""]]);
  const child = new Deno.Command(pythonWith("openstack")!, {
    args: [script],
    env: Object.fromEntries(inherited),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(questions)));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout);
  assert.notEqual(text, "", new TextDecoder().decode(stderr));
  return JSON.parse(text);
}
