/** The quirks of logins to people's servers. */
import { SECOND } from "../../domain/time.ts";
import type { Quirk } from "../quirk.ts";
import type { CloudSettings } from "../settings.ts";

function login(name: string, about: string, ssh: Partial<CloudSettings["ssh"]>): Quirk {
  return {
    name: `ssh-${name}`,
    about,
    settings: (settings) => ({ ...settings, ssh: { ...settings.ssh, ...ssh } }),
  };
}

const QUICK = { banner: 0, authentication: 0, session: 0, command: 0 };
const ADVICE = 'Please login as the user "ubuntu" rather than the user "root".\n\n';
const FORCED = { users: ["root"], output: ADVICE, exitCode: 0, time: 0 };

export const loginQuirks: readonly Quirk[] = [
  login("forced-command", "Root's key runs a command that names another user and ends with 0.", {
    forcedCommand: FORCED,
  }),
  login("forced-command-sleeps", "As ssh-forced-command; the command sleeps for 10 s and ends with 142.", {
    forcedCommand: { ...FORCED, exitCode: 142, time: 10 * SECOND },
  }),
  login("slow-banner", "The SSH server greets after 12 s.", { slow: { ...QUICK, banner: 12 * SECOND } }),
  login("slow-authentication", "The authentication takes 12 s.", {
    slow: { ...QUICK, authentication: 12 * SECOND },
  }),
  login("slow-session", "Opening a session takes 25 s.", { slow: { ...QUICK, session: 25 * SECOND } }),
  login("slow-command", "Each command takes 12 s to begin.", { slow: { ...QUICK, command: 12 * SECOND } }),
  login("csh", "The users' login shell is csh, which refuses what only a Bourne shell reads.", {
    loginShell: "csh",
  }),
  login("requiretty", "Sudo refuses commands that have no terminal.", { requiretty: true }),
  login("no-terminals", "The SSH server gives no pseudo-terminal.", { terminals: false }),
  login("banner", "The SSH server shows a long text before the authentication.", {
    banner: `${"* Authorized users only! All activity is logged. *\n".repeat(8)}\n`,
  }),
  login("keyboard-interactive", "The SSH server wants keyboard-interactive in addition to the key.", {
    alsoWants: ["keyboard-interactive"],
  }),
  login("fips", "The SSH server offers what FIPS 140 allows: no curve25519, no ed25519.", {
    algorithms: "fips",
  }),
  login("dropbear", "The SSH server offers what dropbear does: no AES-GCM.", { algorithms: "dropbear" }),
  login("sha1-only", "The SSH server offers only key exchange with SHA-1.", { algorithms: "sha1-only" }),
  login("post-quantum-only", "The SSH server offers only post-quantum key exchange.", {
    algorithms: "post-quantum-only",
  }),
  login("new-host-keys", "Servers show other host keys once the first login is over.", { newHostKeys: true }),
];
