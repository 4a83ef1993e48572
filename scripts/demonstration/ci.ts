/**
 * A small CI on the pool: clients that run jobs at the same time, each on a node of its own. A client acquires a node,
 * logs in with the host key that it was told, runs the job there, and releases the node with the job's result.
 */
import { createSsh2Shell } from "../../src/ssh/ssh2_shell.ts";
import type { AcquiredNode, AcquiredNodesView } from "../../src/views/acquired_nodes.ts";
import { type CiJob, ciJobs, FLAKY } from "./ci_jobs.ts";
import { check, heading } from "./narrate.ts";
import type { DemoPool } from "./pool.ts";

const CLIENTS = 3;
/** How many nodes of the flaky job are held. */
const HELD = 1;

/** @returns the id of the node that is held */
export async function runCi(pool: DemoPool): Promise<number> {
  heading(`A CI with ${CLIENTS} runners uses the pool; ${HELD} node is to be held when ${FLAKY} fail`);
  await pool.show("job-create", FLAKY, "--hold-on-failure", String(HELD));
  const jobs = ciJobs();
  check(jobs.filter(({ exitCode }) => exitCode !== 0).length > HELD, "more jobs fail than nodes are held");
  const waiting = [...jobs];
  const runner = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await runJob(pool, job);
  };
  await Promise.all(Array.from({ length: CLIENTS }, runner));

  heading("The node of the first failure is held, with the reason; the others have been deleted");
  const isEnding = async () =>
    (await pool.nodes()).some(({ state }) => state === "used" || state === "delete");
  await pool.until("the other nodes are gone", async () => !await isEnding());
  await pool.show("job-list");
  await pool.show("list", "--state", "hold");
  const held = (await pool.nodes()).filter(({ state }) => state === "hold");
  check(held.length === HELD, `${HELD} node is held`);
  check(held[0]?.comment?.includes(FLAKY) ?? false, "its comment names the job");
  return held[0]!.id;
}

async function runJob(pool: DemoPool, job: CiJob): Promise<void> {
  const out = await pool.must("acquire", "debian-small", "--job", job.name, "-o", "json");
  const [node] = (JSON.parse(out) as AcquiredNodesView).nodes;
  check(node !== undefined, "acquire named the node");
  const exitCode = await runOn(node!, { pool, command: job.command });
  const result = exitCode === 0 ? "SUCCESS" : "FAILURE";
  const told = await pool.must("release", String(node!.id), "--result", result);
  const place = `${node!.hostname} (${node!.connection?.address})`;
  console.log(`${job.name} on ${place}: ${result} after ${job.seconds} s; ${told.trim()}`);
}

/** Runs a command over SSH. @returns its exit code */
async function runOn(
  { hostname, connection }: AcquiredNode,
  { pool, command }: { pool: DemoPool; command: string },
): Promise<number> {
  if (connection === null || connection.username === null) throw new Error(`${hostname} has no address`);
  const { address, port, username, host_keys: hostKeys } = connection;
  const privateKey = await Deno.readTextFile(pool.files.key);
  const target = { address, port, username, privateKey, hostKeys };
  const limits = { timeout: 30_000, signal: pool.signal };
  await using session = await createSsh2Shell().connect(target, limits);
  return (await session.run(command, limits)).exitCode;
}
