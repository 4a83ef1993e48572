/**
 * What tests need of the machine besides Deno, in one place: whether it is here, and what would bring it here. A test
 * that misses something is skipped; scripts/test lists it under what would make it run, and takes any other skipped
 * test for a mistake.
 */
import { systemAccount } from "../src/lib/system_account.ts";

/** A thing of the machine, and how a reader gets it. */
interface Requirement {
  readonly isMet: () => boolean;
  /** An imperative sentence without its full stop: `install the package x`. */
  readonly remedy: string;
}

/** Where Debian keeps programs; the PATH of an ordinary user lacks some of them. */
const FOLDERS = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

const requirements = {
  "root": { isMet: () => Deno.uid() === 0, remedy: "run scripts/test as root" },
  "mount": {
    isMet: canMount,
    remedy: "run scripts/test as root, outside of containers that forbid to mount",
  },
  "account": {
    isMet: () => systemAccount() !== null,
    remedy: "give the user that runs the tests an account",
  },
  "ipv6": { isMet: () => canListen("::1"), remedy: "give the loopback interface the address ::1" },
  "no clouds.yaml": {
    isMet: () => !hasCloudsFile(),
    remedy: "run scripts/test where no clouds.yaml is found",
  },
  "bash": program("bash", "bash"),
  "timeout": program("timeout", "coreutils"),
  "setpriv": program("setpriv", "util-linux"),
  "flock": program("flock", "util-linux"),
  "script": program("script", "bsdutils"),
  "curl": program("curl", "curl"),
  "ssh": program("ssh", "openssh-client"),
  "ssh-keygen": program("ssh-keygen", "openssh-client"),
  "sshd": program("sshd", "openssh-server"),
  "openssl": program("openssl", "openssl"),
  "puttygen": program("puttygen", "putty-tools"),
  "dropbear": program("dropbear", "dropbear-bin"),
  "unshare": program("unshare", "util-linux"),
  "paramiko": pythonModule("paramiko", "python3-paramiko"),
  "csh": program("bsd-csh", "csh"),
  "tcsh": program("tcsh", "tcsh"),
  "fish": program("fish", "fish"),
  "zsh": program("zsh", "zsh"),
  "ksh": program("ksh", "ksh"),
  "busybox": program("busybox", "busybox"),
  "openstack": program("openstack", "python3-openstackclient"),
  "ansible": program("ansible-inventory", "ansible-core"),
  "gearmand": program("gearmand", "gearman-job-server"),
  "libzmq": pythonModule("zmq", "python3-zmq"),
  "python3": program("python3", "python3"),
  "pidof": program("pidof", "sysvinit-utils"),
  "start-stop-daemon": program("start-stop-daemon", "dpkg"),
  "python-jenkins": pythonModule("jenkins", "python3-jenkins"),
  "openstacksdk": pythonModule("openstack", "python3-openstacksdk"),
  "disk-image-create": program("disk-image-create", "python3-diskimage-builder"),
  "logrotate": program("logrotate", "logrotate"),
  "groff": program("groff", "groff"),
  "systemd-analyze": program("systemd-analyze", "systemd"),
  "man": program("man", "man-db"),
  "promtool": program("promtool", "prometheus"),
  "prometheus": program("prometheus", "prometheus"),
  "prometheus-client": pythonModule("prometheus_client", "python3-prometheus-client"),
  "qemu-img": program("qemu-img", "qemu-utils"),
  "debootstrap": program("debootstrap", "debootstrap"),
  "dpkg-deb": program("dpkg-deb", "dpkg"),
  "apt": program("apt-get", "apt"),
  "chromium": program("chromium-headless-shell", "chromium-headless-shell"),
  "etcd": program("etcd", "etcd-server"),
  "etcdctl": program("etcdctl", "etcd-client"),
  "haproxy": program("haproxy", "haproxy"),
} as const satisfies Record<string, Requirement>;

export type Need = keyof typeof requirements;

/** Where every program looks that follows openstacksdk, besides the folder it runs in. */
function hasCloudsFile(): boolean {
  const home = Deno.env.get("HOME") ?? "";
  const folders = [`${home}/.config/openstack`, "/etc/xdg/openstack", "/etc/openstack"];
  const files = folders.flatMap((folder) =>
    ["yaml", "yml", "json"].map((suffix) => `${folder}/clouds.${suffix}`)
  );
  const named = Deno.env.get("OS_CLIENT_CONFIG_FILE");
  return [...files, ...(named === undefined ? [] : [named])].some(isFile);
}

const checked = new Map<Need, boolean>();

/** The first of the needs that is not met here; null: all are. Each is looked at once. */
export function missingNeed(needs: readonly Need[]): Need | null {
  const isMet = (need: Need) => {
    if (!checked.has(need)) checked.set(need, requirements[need].isMet());
    return checked.get(need);
  };
  return needs.find((need) => !isMet(need)) ?? null;
}

/** Registers a test, or has it skipped and listed where one of its needs is not met. */
export function testNeeding(
  needs: readonly Need[],
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  const missing = missingNeed(needs);
  Deno.test({ name, ignore: missing !== null, fn });
  if (missing !== null) list(name, requirements[missing].remedy);
}

/** Tells scripts/test, which says where in the environment. Several files are loaded at once: one line, one write. */
function list(name: string, remedy: string): void {
  const path = Deno.env.get("NODEPOOL_SKIPPED_TESTS");
  if (path === undefined) return console.log(`skipped: ${name}: ${remedy}`);
  Deno.writeTextFileSync(path, `${JSON.stringify({ name, remedy, file: loadingFile() })}\n`, {
    append: true,
  });
}

/** The test file that is being loaded: the outermost on the stack, since several may share a main module. */
function loadingFile(): string {
  const root = new URL("..", import.meta.url).href;
  const [outermost = ""] = new Error().stack!.split("\n").filter((line) => line.includes(`${root}tests/`))
    .slice(-1);
  return decodeURI(outermost.slice(outermost.indexOf(root) + root.length)).replace(/:\d+:\d+\)?$/, "");
}

function program(name: string, debianPackage: string): Requirement {
  return {
    isMet: () => FOLDERS.some((folder) => isFile(`${folder}/${name}`)),
    remedy: `install the package ${debianPackage}`,
  };
}

function pythonModule(name: string, debianPackage: string): Requirement {
  return { isMet: () => pythonWith(name) !== null, remedy: `install the package ${debianPackage}` };
}

/** A Python that has the module: the one in PATH, or Debian's own, whose modules come from packages. */
export function pythonWith(module: string): string | null {
  return pythons.getOrInsertComputed(module, findPython);
}

const pythons = new Map<string, string | null>();

function findPython(module: string): string | null {
  const has = (python: string) =>
    new Deno.Command(python, { args: ["-c", `import ${module}`], stderr: "null" }).outputSync().success;
  return FOLDERS.map((folder) => `${folder}/python3`).filter(isFile).find(has) ?? null;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function canMount(): boolean {
  if (Deno.uid() !== 0) return false;
  const folder = Deno.makeTempDirSync({ prefix: "nodepool-mount-" });
  const run = (...[command, ...args]: [string, ...string[]]) =>
    new Deno.Command(command, { args, stderr: "null" }).outputSync().success;
  const isMounted = run("mount", "-t", "tmpfs", "tmpfs", folder);
  if (isMounted) run("umount", folder);
  Deno.removeSync(folder);
  return isMounted;
}

function canListen(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}
