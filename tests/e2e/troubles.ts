/** Troubles that a pool on one simulated cloud can have, each with its cause and its remedy as people read them. */
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

export interface Trouble {
  readonly cause: RegExp;
  readonly remedy: RegExp;
  /** False: nodes are never handed out here. */
  readonly isHandedOut?: false;
  /** A pool that has it, with its daemon. */
  start(): Promise<RunningPool>;
}

type Settings = Parameters<typeof RunningPool.start>[0];

async function started(
  options: Omit<Settings, "config"> & Partial<Parameters<typeof oneCloudConfig>[0]> & {
    /** Changes the text of the configuration. */
    readonly edit?: (config: string) => string;
    readonly before?: (pool: RunningPool) => Promise<void>;
  },
): Promise<RunningPool> {
  const {
    edit = (config) => config,
    before,
    labels = { big: 0 },
    more,
    provider,
    maxServers = 4,
    ...settings
  } = options;
  const config = edit(oneCloudConfig({ labels, maxServers, more, provider }));
  const pool = await RunningPool.start({ ...settings, config });
  await before?.(pool);
  pool.startDaemon();
  return pool;
}

const broken = (from: string, to: string) => (config: string) => config.replace(from, to);

export const troubles: Readonly<Record<string, Trouble>> = {
  "no such flavor": {
    cause: /main: no flavor named g1\.gpu-a100/,
    remedy: /providers\[main\]\.images\[debian\]\.flavor-name.*openstack --os-cloud\s+simulator flavor list/s,
    start: () => started({ edit: broken("min-ram: 512", "flavor-name: g1.gpu-a100") }),
  },
  "no such image": {
    cause: /main: the cloud has no ready image debian-99/,
    remedy: /providers\[main\]\.images\[debian\]\.base-image/,
    start: () => started({ edit: broken("base-image: debian-12", "base-image: debian-99") }),
  },
  "no such keypair": {
    cause: /main.*Invalid key_name/,
    remedy: /providers\[main\]\.images\[debian\]/,
    start: () => started({ provider: "keypair: nobody" }),
  },
  "a login key that servers refuse": {
    cause: /main.*refused the key/,
    remedy: /username and private-key are|private-key and key-name of\s+providers\[main\]\.images\[debian\]/,
    start: () => started({ provider: "boot-timeout: 2\n    launch-retries: 1", faults: [{ fault: 13 }] }),
  },
  "the wrong password": {
    cause: /main: .*requires authentication/,
    remedy: /credentials of cloud simulator/,
    start: () =>
      started({
        before: async (pool) =>
          await pool.writeClouds(pool.cloudsYaml().replace(/password: .*/, "password: wrong")),
      }),
  },
  "a full quota": {
    cause: /main: quota full: instances 2\/2/,
    remedy: /openstack --os-cloud simulator quota show/,
    start: () => started({ labels: { big: 0, small: 2 }, clouds: [{ quotas: { instances: 2 } }] }),
  },
  "max-servers reached": {
    cause: /main: max-servers 2\/2/,
    remedy: /raise max-servers of main/,
    start: () => started({ labels: { big: 0, small: 2 }, maxServers: 2 }),
  },
  "a provider that is down": {
    cause: /main: (unreachable since|log in).*connection refused/,
    remedy: /openstack --os-cloud simulator token issue/,
    start: () =>
      started({
        before: async (pool) => {
          const nowhere = pool.cloudsYaml().replace(/(auth_url: \S*127\.0\.0\.1):\d+/, "$1:1");
          await pool.writeClouds(nowhere);
        },
      }),
  },
  "an image whose builds fail": {
    cause: /the build of debian failed with exit code 1/,
    remedy: /dib-image-list|nodepool explain debian/,
    start: () =>
      started({
        more: "diskimages: [{name: debian, elements: [x], release: x}]",
        edit: broken("base-image: debian-12", "diskimage: debian"),
        before: (pool) => pool.installProgram("disk-image-create", "#!/bin/sh\necho no space; exit 1\n"),
      }),
  },
  "a target that is offline": {
    cause: /target jenkins is offline/,
    remedy: /bring it online/,
    isHandedOut: false,
    start: () =>
      started({
        labels: { big: 1 },
        more: 'targets: [{name: jenkins, jenkins: {url: "http://127.0.0.1:1", user: u, apikey: k}}]',
      }),
  },
};
