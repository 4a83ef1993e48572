/** A real client of Jenkins against the double, and beside ours: what each makes of one node comes to the same. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pythonWith, testNeeding } from "../needs.ts";
import { JenkinsDouble, PASSWORD, USER } from "./jenkins_double.ts";
import { NODE_12, setUp } from "./jenkins_setup.ts";
import { serveJenkins } from "./served_jenkins.ts";

const title =
  "python-jenkins makes the same agent of a node as we do, and works with all that the double answers";
testNeeding(["python-jenkins"], title, async () => {
  const jenkins = new JenkinsDouble({ path: "/jenkins", jobs: { "qa/test": "parameters" } });
  await using served = await serveJenkins(jenkins);
  const seen = await drive(`${served.url}/jenkins`, { node: NODE_12.name, job: "qa/test" });
  const { config, relabelled, ...rest } = seen;
  assert.deepEqual(rest, {
    before: false,
    created: true,
    again: `node[${NODE_12.name}] already exists`,
    nodes: ["Built-In Node", NODE_12.name],
    queued: 1,
    after: false,
    refused: "Error in request. Possibly authentication failed [401]: Unauthorized",
  });
  assert.equal(config, await ownConfig());
  assert.equal(relabelled, (config as string).replace("<label>trusty<", "<label>xenial<"));
  assert.deepEqual(jenkins.queue, [{ job: "qa/test", parameters: { NODE: NODE_12.name } }]);
});

/** What our own client makes of the node, without the host key, which python-jenkins knows nothing of. */
async function ownConfig(): Promise<string> {
  const { target, jenkins } = setUp({ options: { credentialsId: "jenkins-key" } });
  await target.createAgent(NODE_12, { signal: new AbortController().signal });
  return jenkins.agents.get(NODE_12.name)!.xml
    .replace(/ *<sshHostKeyVerificationStrategy[\s\S]*<\/sshHostKeyVerificationStrategy>\n/, "");
}

async function drive(
  url: string,
  { node, job }: { node: string; job: string },
): Promise<Record<string, unknown>> {
  const script = fileURLToPath(new URL("python_jenkins.py", import.meta.url));
  const args = [script, url, USER, PASSWORD, node, job];
  const { success, stdout, stderr } = await new Deno.Command(pythonWith("jenkins")!, { args, stdin: "null" })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}
