/** Where the state lies, and how etcd is reached where it holds the state. */
import { isEtcdState, readEtcdAddress } from "../../domain/etcd_address.ts";
import { expandHome } from "../environment.ts";
import type { SecureFile } from "../secure_file.ts";
import type { ConfigDraft } from "../validate_tree.ts";
import type { CheckSource, Findings } from "./check_source.ts";

interface Given {
  readonly secrets: SecureFile;
  readonly findings: Findings;
}

export async function checkStatePlace(source: CheckSource, { secrets, findings }: Given): Promise<void> {
  const { state, etcd = {} } = source.draft;
  if (state === undefined) return;
  if (!isEtcdState(state)) return checkFile(state, findings);
  const address = readEtcdAddress(state);
  if ("problem" in address) findings.error(["state"], address.problem);
  else if (address.endpoints[0]!.startsWith("http:")) {
    findings.warning(
      ["state"],
      "passwords and tokens cross the network in clear text: use https:// addresses",
    );
  }
  checkTogether(etcd, { secrets, findings });
  await checkPemFiles(source, findings);
}

function checkFile(state: string, findings: Findings): void {
  if (/^(?:[a-z]+:)+\/\//i.test(state)) {
    findings.error(
      ["state"],
      "an address alone is not a state: give the path of a file, or etcd:https://HOST:2379/POOL for a state in etcd",
    );
  }
  if (findings.isGiven(["etcd"])) {
    findings.notice(["etcd"], "has no effect: the state is a file (key `state`)");
  }
}

function checkTogether(
  { cert, key, user, password }: NonNullable<ConfigDraft["etcd"]>,
  { secrets, findings }: Given,
): void {
  const own = findings.at("etcd");
  if (cert !== undefined && !own.isGiven(["key"])) {
    own.error(["cert"], "missing key: give the private key of the certificate");
  }
  if (key !== undefined && !own.isGiven(["cert"])) {
    own.error(["key"], "missing cert: give the certificate of the private key");
  }
  if (user !== undefined && !own.isGiven(["password"]) && secrets.etcdPassword === null) {
    own.warning(["user"], "missing password: give it as `password` in secure.conf, section [etcd]");
  }
  if (password !== undefined && !own.isGiven(["user"])) {
    own.warning(["password"], "has no effect without user");
  }
}

async function checkPemFiles(
  { draft, environment, signal }: CheckSource,
  findings: Findings,
): Promise<void> {
  for (const key of ["cacert", "cert", "key"] as const) {
    const file = draft.etcd?.[key];
    if (file === undefined || await environment.stat(expandHome(file, environment), { signal }) !== null) {
      continue;
    }
    findings.warning(["etcd", key], `there is no file ${file} on this machine`);
  }
}
