/**
 * The form that makes an agent, as Jenkins' own page for new agents sends it: fields, and the same once more as JSON
 * with the class of each part. Pure; `jenkins_target` calls it.
 */
import type { AgentRequest } from "../target.ts";

const AGENT = "hudson.slaves.DumbSlave";
const SSH_LAUNCHER = "hudson.plugins.sshslaves.SSHLauncher";
const ALWAYS_ON = "hudson.slaves.RetentionStrategy$Always";
const VERIFIERS = "hudson.plugins.sshslaves.verifiers";

/** The kinds of host keys that Jenkins' SSH plugin can compare. */
const COMPARABLE_KEY = /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp(256|384|521)) /;

/** @returns a body of type `application/x-www-form-urlencoded` */
export function agentForm(
  agent: AgentRequest,
  { credentialsId }: { credentialsId: string | null },
): string {
  const json = {
    name: agent.name,
    type: AGENT,
    nodeDescription: agent.description,
    numExecutors: 1,
    remoteFS: agent.remoteFolder,
    labelString: agent.label ?? "",
    // Only jobs that ask for it, by its label or its name, run on it.
    mode: "EXCLUSIVE",
    retentionStrategy: ofClass(ALWAYS_ON),
    nodeProperties: { "stapler-class-bag": "true" },
    launcher: {
      ...ofClass(SSH_LAUNCHER),
      host: agent.host,
      port: agent.port,
      ...login(agent, credentialsId),
      sshHostKeyVerificationStrategy: verification(agent.hostKeys),
    },
  };
  return new URLSearchParams({ name: agent.name, type: AGENT, json: JSON.stringify(json) }).toString();
}

/** The second name is the one that newer versions look for first. */
function ofClass(name: string): Record<string, string> {
  return { "stapler-class": name, "$class": name };
}

/** User and key file are what SSH plugins before 1.0 know; later ones need credentials that Jenkins keeps. */
function login({ username, privateKey }: AgentRequest, credentialsId: string | null): Record<string, string> {
  return credentialsId === null ? { username, privatekey: privateKey } : { credentialsId };
}

/** One key can be given: the first that Jenkins can compare. */
function verification(hostKeys: readonly string[]): Record<string, string> {
  const key = hostKeys.find((hostKey) => COMPARABLE_KEY.test(hostKey));
  return key === undefined
    ? ofClass(`${VERIFIERS}.NonVerifyingKeyVerificationStrategy`)
    : { ...ofClass(`${VERIFIERS}.ManuallyProvidedKeyVerificationStrategy`), key };
}
