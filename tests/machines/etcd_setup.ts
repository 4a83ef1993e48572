/**
 * What a cluster of etcd needs before its members start: certificates of an authority of its own, and what each member is
 * started with; and its users, once they run. `EtcdCluster` and scripts/etcd/up set clusters up so.
 */
import type { EtcdConfig } from "../../src/domain/etcd_config.ts";
/** Where a member listens, and where others find it, each `HOST:PORT`. */
interface MemberAddress {
  readonly client: string;
  readonly peer: string;
  readonly advertisedClient: string;
  readonly advertisedPeer: string;
}

export interface ClusterSetup {
  /** Holds certificates. */
  readonly folder: string;
  /** Holds what the members store. */
  readonly data: string;
  readonly members: readonly MemberAddress[];
  readonly tls: boolean;
  /** Bytes that a member's database may have; left out: etcd's own default. */
  readonly quota?: number;
  /** Seconds after which a token that nobody uses ends. */
  readonly tokenTtl?: number;
}

/** The users of a cluster with users; the second may do everything below `/nodepool/`, and nothing else. */
const users = {
  root: { name: "root", password: "root-password" },
  nodepool: { name: "nodepool", password: "nodepool-password" },
} as const;

/** Makes them in the folder, good for ten years. @param hosts addresses that members listen at besides loopback's own */
export async function makeCertificates(folder: string, hosts: readonly string[] = []): Promise<void> {
  const make = (name: string, subject: `/${string}`, ...args: string[]) =>
    // deno-fmt-ignore
    run("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
      "-subj", subject, "-keyout", `${folder}/${name}-key.pem`, "-out", `${folder}/${name}.pem`, ...args]);
  await make("ca", "/CN=etcd of nodepool's tests");
  const signed = [
    "-CA",
    `${folder}/ca.pem`,
    "-CAkey",
    `${folder}/ca-key.pem`,
    "-addext",
    "basicConstraints=CA:FALSE",
  ];
  // A member is its peers' client, and its own gateway's.
  const usage = "extendedKeyUsage=serverAuth,clientAuth";
  const names = ["DNS:localhost", ...["127.0.0.1", "::1", ...hosts].map((host) => `IP:${host}`)];
  await make("server", "/CN=localhost", ...signed, "-addext", `subjectAltName=${names}`, "-addext", usage);
  // The gateway refuses clients whose certificate has a common name.
  await make("client", "/O=nodepool", ...signed, "-addext", "extendedKeyUsage=clientAuth");
}

/** The options of `etcd` for the member of that index. */
export function memberArguments(setup: ClusterSetup, index: number): string[] {
  const { folder, members, tls, quota, tokenTtl } = setup;
  const scheme = tls ? "https" : "http";
  const { client, peer, advertisedClient } = members[index]!;
  const [ca, cert, key] = ["ca.pem", "server.pem", "server-key.pem"].map((name) => `${folder}/${name}`);
  // deno-fmt-ignore
  return [
    ...placeOf(setup, index), "--log-level", "warn", "--logger", "zap",
    "--listen-client-urls", `${scheme}://${client}`, "--advertise-client-urls", `${scheme}://${advertisedClient}`,
    "--listen-peer-urls", `${scheme}://${peer}`, ...joining(setup, index),
    // Each login costs etcd some milliseconds, not a hundred.
    "--bcrypt-cost", "4",
    "--auto-compaction-mode", "periodic", "--auto-compaction-retention", "1h",
    ...(quota === undefined ? [] : ["--quota-backend-bytes", String(quota)]),
    ...(tokenTtl === undefined ? [] : ["--auth-token-ttl", String(tokenTtl)]),
    ...(!tls ? [] : ["--cert-file", cert!, "--key-file", key!, "--trusted-ca-file", ca!, "--client-cert-auth",
      "--peer-cert-file", cert!, "--peer-key-file", key!, "--peer-trusted-ca-file", ca!, "--peer-client-cert-auth"]),
  ];
}

/** Gives the member of that index what a snapshot holds; it does not run, and its data are gone. */
export async function restoreMember(setup: ClusterSetup, index: number, snapshot: string): Promise<void> {
  await Deno.remove(`${setup.data}/${nameOf(index)}`, { recursive: true });
  const args = ["snapshot", "restore", snapshot, ...placeOf(setup, index), ...joining(setup, index)];
  await run("etcdctl", args, { ETCDCTL_API: "3" });
}

function placeOf({ data }: ClusterSetup, index: number): string[] {
  return ["--name", nameOf(index), "--data-dir", `${data}/${nameOf(index)}`];
}

/** How it joins the others. */
function joining({ members, tls }: ClusterSetup, index: number): string[] {
  const url = ({ advertisedPeer }: MemberAddress) => `${tls ? "https" : "http"}://${advertisedPeer}`;
  const initial = members.map((member, at) => `${nameOf(at)}=${url(member)}`);
  // deno-fmt-ignore
  return ["--initial-advertise-peer-urls", url(members[index]!), "--initial-cluster", initial.join(","),
    "--initial-cluster-token", "nodepool"];
}

function nameOf(index: number): string {
  return `e${index + 1}`;
}

/** How a daemon reaches it. */
export function clusterConfig(
  { members, folder, tls }: ClusterSetup,
  { hasUsers }: { hasUsers: boolean },
): EtcdConfig {
  const file = (name: string) => tls ? `${folder}/${name}` : null;
  return {
    endpoints: members.map(({ advertisedClient }) => `${tls ? "https" : "http"}://${advertisedClient}`),
    pool: "ci",
    caCert: file("ca.pem"),
    cert: file("client.pem"),
    key: file("client-key.pem"),
    user: hasUsers ? users.nodepool.name : null,
    password: hasUsers ? users.nodepool.password : null,
    control: { hostname: "127.0.0.1", port: 0 },
  };
}

/** The same as lines of nodepool.yaml and of secure.conf; `isWhole`: the first alone says all, for a test. */
export function configLines(
  { endpoints, pool, user, password, ...files }: EtcdConfig,
  { isWhole = false } = {},
): { yaml: string; secure: string } {
  const fields = {
    cacert: files.caCert,
    cert: files.cert,
    key: files.key,
    user,
    password: isWhole ? password : null,
    control: isWhole ? "127.0.0.1:0" : null,
  };
  const set = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  return {
    yaml: `state: etcd:${endpoints.join(",")}/${pool}\netcd: ${JSON.stringify(set)}\n`,
    secure: password === null ? "" : `[etcd]\npassword = ${password}\n`,
  };
}

/** `etcdctl` as a client that knows the certificates. @param options `asRoot`: where there are users */
export async function etcdctl(
  setup: ClusterSetup,
  args: readonly string[],
  { asRoot = false, endpoints }: { asRoot?: boolean; endpoints?: readonly string[] } = {},
): Promise<string> {
  const { folder, tls, members } = setup;
  const all = members.map(({ client }) => `${tls ? "https" : "http"}://${client}`);
  const [ca, cert, key] = ["ca.pem", "client.pem", "client-key.pem"].map((name) => `${folder}/${name}`);
  return await run("etcdctl", args, {
    ETCDCTL_API: "3",
    ETCDCTL_COMMAND_TIMEOUT: "60s",
    ETCDCTL_ENDPOINTS: (endpoints ?? all).join(","),
    ...(tls && { ETCDCTL_CACERT: ca!, ETCDCTL_CERT: cert!, ETCDCTL_KEY: key! }),
    ...(asRoot && { ETCDCTL_USER: `${users.root.name}:${users.root.password}` }),
  });
}

/** Makes the users and asks everybody for one from then on. */
export async function makeUsers(setup: ClusterSetup): Promise<void> {
  const { root, nodepool } = users;
  await Promise.all([
    etcdctl(setup, ["user", "add", `${root.name}:${root.password}`]),
    etcdctl(setup, ["user", "add", `${nodepool.name}:${nodepool.password}`]),
    etcdctl(setup, ["role", "add", "nodepool"]),
  ]);
  await Promise.all([
    etcdctl(setup, ["role", "grant-permission", "nodepool", "readwrite", "--prefix=true", "/nodepool/"]),
    etcdctl(setup, ["user", "grant-role", nodepool.name, "nodepool"]),
    etcdctl(setup, ["user", "grant-role", root.name, "root"]),
  ]);
  await etcdctl(setup, ["auth", "enable"]);
}

/** @throws with what the program said where it failed */
async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const command = new Deno.Command(program, { args: [...args], env, stdout: "piped", stderr: "piped" });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${program} ${args[0]} ${args[1] ?? ""}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}
