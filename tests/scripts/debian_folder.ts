/**
 * A Debian of its own in a temporary folder, for the test of the package: made by debootstrap, with commands run in it as
 * root of nothing else. In place of systemd it has a `systemctl` that reads the package's unit and runs the daemon as the
 * unit says; its words are in `/run/systemctl.log`.
 */
import { aptMirrors } from "../apt_mirrors.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  /** Both streams. */
  readonly text: string;
}

const SYSTEMCTL = `#!/bin/sh
echo "$*" >>/run/systemctl.log
unit=/usr/lib/systemd/system/nodepool.service
key() { cat "$unit" "$unit".d/*.conf | sed -n "s/^$1=//p"; }
pid() { cat /run/nodepool.pid 2>/dev/null; }
alive() { [ -n "$(readlink "/proc/$(pid)/exe")" ]; }
launch() {
  [ -e "$(key ConditionPathExists)" ] || return 0
  cd /
  setsid setpriv --reuid "$(key User)" --regid "$(key User)" --init-groups env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
    HOME=/var/lib/nodepool $(key Environment) $(key ExecStart) </dev/null >>/run/daemon.log 2>&1 &
  echo $! >/run/nodepool.pid
}
halt() {
  ! alive || kill "$(pid)"
  while alive; do sleep 0.1; done
}
case " $* " in
  *" is-active "*) alive ;;
  *" is-enabled "*) [ ! -L /etc/systemd/system/multi-user.target.wants/nodepool.service ] || echo enabled ;;
  *" preset "*)
    mkdir -p /etc/systemd/system/multi-user.target.wants
    ln -sf "$unit" /etc/systemd/system/multi-user.target.wants
    ;;
  *" start "*) alive || launch ;;
  *" restart "*) halt; launch ;;
  *" reload "*) kill -HUP "$(pid)" ;;
  *" stop "*) halt ;;
esac
`;

export class DebianFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<DebianFolder> {
    const debian = new DebianFolder(await Deno.makeTempDir({ prefix: "nodepool-debian-" }));
    try {
      const { main } = await aptMirrors();
      await output("debootstrap", ["--variant=minbase", "bookworm", debian.path, main]);
      await Deno.chmod(debian.path, 0o755);
      await output("mount", ["-t", "proc", "proc", `${debian.path}/proc`]);
      await Deno.mkdir(`${debian.path}/run/systemd/system`, { recursive: true });
      await debian.write("/usr/bin/systemctl", SYSTEMCTL, 0o755);
      return debian;
    } catch (error) {
      await debian[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a command of the shell in it. @throws Error that has its output, if it fails */
  async run(command: string): Promise<string> {
    const { code, stdout, text } = await this.try(command);
    if (code !== 0) throw new Error(`${command}: exit code ${code}\n${text}`);
    return stdout.trim();
  }

  async try(command: string): Promise<Outcome> {
    const environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8"];
    const words = ["env", "-i", ...environment, "DEBIAN_FRONTEND=noninteractive", "sh", "-c", command];
    const { code, stdout, stderr } = await new Deno.Command("chroot", {
      args: [this.path, ...words],
      stdin: "null",
    })
      .output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { code, stdout: out!, text: out! + err! };
  }

  read(path: string): Promise<string> {
    return Deno.readTextFile(this.path + path);
  }

  async write(path: string, text: string, mode = 0o644): Promise<void> {
    await Deno.writeTextFile(this.path + path, text, { mode });
    await Deno.chmod(this.path + path, mode);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.try("systemctl stop nodepool");
    await new Deno.Command("umount", { args: ["-l", `${this.path}/proc`], stderr: "null" }).output();
    await Deno.remove(this.path, { recursive: true });
  }
}

async function output(command: string, args: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  if (!success) throw new Error(`${command} ${args.join(" ")}\n${text}`);
}
