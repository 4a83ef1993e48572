/**
 * The command of sh that puts a group's files on one of its servers. It becomes root where the user may not write the
 * folder; the files are the user's.
 */
import { GROUP_FOLDER, type GroupFile } from "./group_files.ts";
import { shellQuote } from "../lib/shell_quote.ts";

/** @param options `authorize`: a public key that is to log in from then on; `folder`: where the files go */
export function groupFilesCommand(
  files: readonly GroupFile[],
  { authorize = null, folder = GROUP_FOLDER }: { authorize?: string | null; folder?: string } = {},
): string {
  const target = shellQuote(folder);
  const writing = [
    "set -e",
    `mkdir -p ${target}`,
    `cd ${target}`,
    ...files.flatMap(({ name, content, mode }) => [
      `rm -f ${name}`,
      `(umask 077; printf %s ${shellQuote(content)} > ${name})`,
      `chmod ${mode.toString(8)} ${name}`,
      `[ -z "\${SUDO_UID:-}" ] || chown "$SUDO_UID:$SUDO_GID" ${name}`,
    ]),
  ].join("\n");
  return [
    "umask 022",
    `if why=$(mkdir -p ${target} 2>&1) && [ -w ${target} ]; then as=; else as="sudo -n"; fi`,
    `$as sh -c ${shellQuote(writing)} || { code=$?; echo "$why" >&2; exit $code; }`,
    ...(authorize === null ? [] : authorizing(authorize.trim())),
  ].join("\n");
}

/** A last line without an end must not run into the new one: that would take away the key that nodepool logs in with. */
function authorizing(key: string): string[] {
  return [
    "umask 077",
    "mkdir -p ~/.ssh",
    "cd ~/.ssh",
    "touch authorized_keys",
    `! grep -qxF ${shellQuote(key)} authorized_keys || exit 0`,
    '[ -z "$(tail -c 1 authorized_keys)" ] || echo >> authorized_keys',
    `echo ${shellQuote(key)} >> authorized_keys`,
  ];
}
