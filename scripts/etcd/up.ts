/**
 * Starts an etcd of three members on this machine, for trying out a pool on several machines: certificates of its own
 * authority, the users root and nodepool, free ports that it keeps. All of it lies in one folder; members whose
 * processes ended are started again with the data that they had. scripts/etcd/down ends it.
 */
import { openEtcd } from "../../src/etcd/etcd_gateway.ts";
import { eventually } from "../../tests/eventually.ts";
import { exists } from "../../tests/exists.ts";
import {
  clusterConfig,
  type ClusterSetup,
  configLines,
  makeCertificates,
  makeUsers,
  memberArguments,
} from "../../tests/machines/etcd_setup.ts";
import { freePort } from "../../tests/ssh/openssh_server.ts";

const { signal } = new AbortController();

/** As it was set up; made where it is missing. */
async function readSetup(folder: string): Promise<{ setup: ClusterSetup; isNew: boolean }> {
  const file = `${folder}/members.json`;
  const isNew = !exists(file);
  if (isNew) {
    await makeCertificates(folder);
    const members = Array.from({ length: 3 }, () => {
      const [client, peer] = [`127.0.0.1:${freePort()}`, `127.0.0.1:${freePort()}`];
      return { client, peer, advertisedClient: client, advertisedPeer: peer };
    });
    await Deno.writeTextFile(file, JSON.stringify(members));
  }
  return {
    setup: { folder, data: folder, members: JSON.parse(await Deno.readTextFile(file)), tls: true },
    isNew,
  };
}

/** In a session of its own, so that it outlives the terminal. */
async function start(setup: ClusterSetup, index: number): Promise<void> {
  const file = `${setup.folder}/e${index + 1}`;
  if (await runs(setup.folder, `${file}.pid`)) return;
  const script = 'echo $$ >"$1.pid"; log=$1.log; shift; exec etcd "$@" >>"$log" 2>&1';
  const command = new Deno.Command("setsid", {
    args: ["-f", "sh", "-c", script, "sh", file, ...memberArguments(setup, index)],
    stdin: "null",
    stdout: "null",
  });
  await command.output();
}

async function runs(folder: string, pidFile: string): Promise<boolean> {
  try {
    const pid = (await Deno.readTextFile(pidFile)).trim();
    return (await Deno.readTextFile(`/proc/${pid}/cmdline`)).includes(`${folder}/`);
  } catch {
    return false;
  }
}

/** Until a majority answers. */
async function untilItAnswers(setup: ClusterSetup): Promise<void> {
  await using etcd = openEtcd(clusterConfig(setup, { hasUsers: true }));
  const answers = () => etcd.range({ key: "/nodepool/ci/leader" }, { signal }).then(() => true, () => false);
  try {
    await eventually(answers);
  } catch {
    console.error(
      `scripts/etcd/up: etcd does not answer; ${setup.folder}/e1.log and those beside it say why`,
    );
    Deno.exit(1);
  }
}

const folder = Deno.args[0]!;
const { setup, isNew } = await readSetup(folder);
const config = clusterConfig(setup, { hasUsers: true });
for (const index of setup.members.keys()) await start(setup, index);
await untilItAnswers(setup);
if (isNew) await makeUsers(setup);
const { yaml, secure } = configLines(config);
console.log(`etcd runs: ${setup.members.length} members on this machine, in ${folder}.

To keep a pool's state there, write into nodepool.yaml:

${yaml}
and into secure.conf:

${secure}
scripts/etcd/down ${folder} ends it and deletes its data.`);
