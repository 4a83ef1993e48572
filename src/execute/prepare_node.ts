/**
 * One attempt to make a node and its subnodes ready for work: files that introduce them to each other, a key pair of
 * their own, then the label's ready script, on the subnodes first. Every step may be repeated.
 */
import { groupFiles, groupFilesCommand, memberOf, nodeAddresses, type NodeGroup } from "./group_files.ts";
import type { NodeRecord } from "../domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../domain/time.ts";
import type { LoginTarget, ShellSession } from "../ssh/shell.ts";
import { type LoginDeps, loginTarget, SPARING_PAUSE } from "./login.ts";
import { evidenceOf, type Outcome, postponed } from "./outcome.ts";
import {
  OPEN_SCRIPTS,
  runToEnd,
  scriptCommand,
  ScriptError,
  type ScriptOutputs,
  SCRIPTS,
} from "./remote_script.ts";

export interface PrepareDeps extends LoginDeps {
  readonly makeKeypair: () => Promise<NodeGroup["key"]>;
  /** Where the scripts are here; null: only on the image. */
  readonly scriptDir: string | null;
  /** Variables that the script is given. */
  readonly variables: Readonly<Record<string, string>>;
  /** Takes what scripts write, while they run. */
  readonly outputs?: ScriptOutputs;
  /** The phase that follows when all is done. */
  readonly next: "assign" | "ready";
}

interface Preparation {
  readonly node: NodeRecord;
  readonly subnodes: readonly NodeRecord[];
  /** As the configuration has it: a script's name, perhaps with arguments; null: no script. */
  readonly readyScript: string | null;
}

/** After the first failures, as when a server makes new host keys. */
const PAUSE = 2 * SECOND;
const FILES_TIMEOUT = 5 * MINUTE;
const COPY_TIMEOUT = 10 * MINUTE;
const SCRIPT_TIMEOUT = 1 * HOUR;
const LOOK_TIMEOUT = 10 * SECOND;

export async function executePrepareNode(job: Preparation, deps: PrepareDeps): Promise<Outcome> {
  const begunAt = deps.clock.now();
  try {
    const hostKeys = await prepare(job, deps);
    return { event: { type: "prepared", next: deps.next, hostKeys } };
  } catch (error) {
    const pause = job.node.attempt < 2 ? PAUSE : SPARING_PAUSE;
    const again = postponed(error, { ...deps, reason: "script", pause });
    // A script that fails would fail again; a connection may only have broken.
    if (!(error instanceof ScriptError)) return { event: { ...again, begunAt } };
    const evidence = { ...evidenceOf(error, deps.clock.now()), kind: "script", console: error.output };
    return { event: { type: "delete", by: "failure", comment: evidence.error, result: "failed", evidence } };
  }
}

/** @returns the host keys that the servers showed, by node */
async function prepare(
  { node, subnodes, readyScript }: Preparation,
  deps: PrepareDeps,
): Promise<Readonly<Record<number, string>>> {
  const members = [node, ...subnodes].map((record) => ({ record, member: memberOf(record) }));
  const [primary, ...others] = members.map(({ member }) => member);
  const { provider } = deps;
  const group: NodeGroup = { primary: primary!, subnodes: others, provider, key: await deps.makeKeypair() };
  const sessions: ShellSession[] = [];
  await using ending = new AsyncDisposableStack();
  ending.defer(async () => void await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]())));
  const opened = await allOf(members.map(async ({ record, member }) => {
    const session = await openSession(record, deps);
    sessions.push(session);
    return { record, member, session };
  }));
  await Promise.all(opened.map(({ record, member, session }) => {
    const authorize = subnodes.length === 0 ? null : group.key.publicKey;
    const command = groupFilesCommand(groupFiles(member, group), { authorize });
    const what = `writing the files of ${record.hostname}`;
    return runToEnd(session, { what, command, timeout: FILES_TIMEOUT }, { signal: deps.signal });
  }));
  if (readyScript !== null) {
    const [ofNode, ...ofSubnodes] = opened;
    await Promise.all(ofSubnodes.map((one) => runReadyScript(one, readyScript, deps)));
    await runReadyScript(ofNode!, readyScript, deps);
  }
  const shown = opened.map(async ({ record, session }) =>
    [record.id, readyScript === null ? session.hostKey : await keyAfterScript(record, session, deps)] as const
  );
  return Object.fromEntries(await Promise.all(shown));
}

/** A script may make new host keys. Of a server that cannot be logged in to after it, the key from before is kept: checks tell. */
async function keyAfterScript(
  node: NodeRecord,
  { hostKey }: ShellSession,
  deps: PrepareDeps,
): Promise<string> {
  const { shell, signal } = deps;
  const how = { command: "true", timeout: LOOK_TIMEOUT, signal };
  const shown = await targetOf(node, deps).then((target) => shell.login(target, how)).catch(() => null);
  signal.throwIfAborted();
  return shown?.hostKey ?? hostKey;
}

async function runReadyScript(
  { record, session }: { record: NodeRecord; session: ShellSession },
  script: string,
  deps: PrepareDeps,
): Promise<void> {
  const { scriptDir, signal, variables } = deps;
  const [name = ""] = script.split(" ");
  const { exitCode } = await session.run(`test -x ${SCRIPTS}/${name}`, { timeout: FILES_TIMEOUT, signal });
  if (exitCode !== 0 && scriptDir !== null) await copyScripts(session, scriptDir, deps);
  const { hostname } = record;
  const command = scriptCommand({ folder: SCRIPTS, script, hostname, variables });
  const what = `the ready script ${script} on ${hostname}`;
  using output = deps.outputs?.begin(record.id);
  await runToEnd(session, { what, command, timeout: SCRIPT_TIMEOUT }, { signal, onOutput: output?.add });
}

/** The image was not made with the scripts. */
async function copyScripts(session: ShellSession, scriptDir: string, deps: PrepareDeps): Promise<void> {
  const making = `mkdir -p ${SCRIPTS} 2>/dev/null && [ -w ${SCRIPTS} ] ||
    { sudo -n mkdir -p ${SCRIPTS} && sudo -n chown "$(id -u)" ${SCRIPTS}; }`;
  await runToEnd(session, { what: `creating ${SCRIPTS}`, command: making, timeout: FILES_TIMEOUT }, {
    signal: deps.signal,
  });
  await session.copyFolder(scriptDir, SCRIPTS, { timeout: COPY_TIMEOUT, signal: deps.signal });
  const opening = { what: `opening ${SCRIPTS} to all users`, command: OPEN_SCRIPTS, timeout: FILES_TIMEOUT };
  await runToEnd(session, opening, { signal: deps.signal });
}

/** Waits for all of them also where one fails: the caller that closes what was opened must know the last. */
async function allOf<Value>(attempts: readonly Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(attempts);
  return await Promise.all(attempts);
}

async function openSession(node: NodeRecord, deps: PrepareDeps): Promise<ShellSession> {
  const { shell, provider: { bootTimeout: timeout }, signal } = deps;
  return await shell.connect(await targetOf(node, deps), { timeout, signal });
}

/** Where cloud-init or a script has made new host keys since the first login, those are the server's from now on. */
async function targetOf(node: NodeRecord, deps: PrepareDeps): Promise<LoginTarget> {
  const { username } = deps.image;
  return {
    ...await loginTarget(node, { ...deps, address: nodeAddresses(node).login, username }),
    hostKeys: [],
  };
}
