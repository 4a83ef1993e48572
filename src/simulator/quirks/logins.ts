/** The quirks of logins to people's servers. */
import { SECOND } from "../../domain/time.ts";
import type { QuirkTable } from "../quirk_table.ts";
import type { CloudSettings } from "../settings.ts";

function login(about: string, ssh: Partial<CloudSettings["ssh"]>): QuirkTable[string] {
  return { about, settings: (settings) => ({ ...settings, ssh: { ...settings.ssh, ...ssh } }) };
}

const QUICK = { banner: 0, authentication: 0, session: 0, command: 0 };
const ADVICE = 'Please login as the user "ubuntu" rather than the user "root".\n\n';
const FORCED = { users: ["root"], output: ADVICE, exitCode: 0, time: 0 };

export const loginQuirks: QuirkTable = {
  "ssh-forced-command": login("Root's key runs a command that names another user and ends with 0.", {
    forcedCommand: FORCED,
  }),
  "ssh-forced-command-sleeps": login(
    "As ssh-forced-command; the command sleeps for 10 s and ends with 142.",
    {
      forcedCommand: { ...FORCED, exitCode: 142, time: 10 * SECOND },
    },
  ),
  "ssh-slow-banner": login("The SSH server greets after 12 s.", { slow: { ...QUICK, banner: 12 * SECOND } }),
  "ssh-slow-authentication": login("The authentication takes 12 s.", {
    slow: { ...QUICK, authentication: 12 * SECOND },
  }),
  "ssh-slow-session": login("Opening a session takes 25 s.", { slow: { ...QUICK, session: 25 * SECOND } }),
  "ssh-slow-command": login("Each command takes 12 s to begin.", {
    slow: { ...QUICK, command: 12 * SECOND },
  }),
  "ssh-csh": login("The users' login shell is csh, which refuses what only a Bourne shell reads.", {
    loginShell: "csh",
  }),
  "ssh-requiretty": login("Sudo refuses commands that have no terminal.", { requiretty: true }),
  "ssh-no-terminals": login("The SSH server gives no pseudo-terminal.", { terminals: false }),
  "ssh-banner": login("The SSH server shows a long text before the authentication.", {
    banner: `${"* Authorized users only! All activity is logged. *\n".repeat(8)}\n`,
  }),
  "ssh-keyboard-interactive": login("The SSH server wants keyboard-interactive in addition to the key.", {
    alsoWants: ["keyboard-interactive"],
  }),
  "ssh-fips": login("The SSH server offers what FIPS 140 allows: no curve25519, no ed25519.", {
    algorithms: "fips",
  }),
  "ssh-dropbear": login("The SSH server offers what dropbear does: no AES-GCM.", { algorithms: "dropbear" }),
  "ssh-sha1-only": login("The SSH server offers only key exchange with SHA-1.", { algorithms: "sha1-only" }),
  "ssh-post-quantum-only": login("The SSH server offers only post-quantum key exchange.", {
    algorithms: "post-quantum-only",
  }),
  "ssh-new-host-keys": login("Servers show other host keys once the first login is over.", {
    newHostKeys: true,
  }),
};
