/** A target on a Jenkins double, in virtual time, and what its tests ask of it again and again. */
import assert from "node:assert/strict";
import { JenkinsTarget, type JenkinsTargetOptions } from "../../src/targets/jenkins/jenkins_target.ts";
import type { AgentRequest } from "../../src/targets/target.ts";
import { TargetError } from "../../src/targets/target_error.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { JenkinsDouble, type JenkinsSettings, PASSWORD, USER } from "./jenkins_double.ts";

export const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx0ZXN0a2V5AAAAAAAAAAAAAAAAAAAAAAAAAAAA";

export const NODE_12: AgentRequest = {
  name: "trusty-cloud-a-12",
  description: "Dynamic single use trusty node",
  label: "trusty",
  remoteFolder: "/home/jenkins",
  host: "203.0.113.12",
  port: 22,
  username: "jenkins",
  privateKey: "/var/lib/jenkins/.ssh/id_rsa",
  hostKeys: [HOST_KEY],
};

export function setUp(
  { options = {}, ...settings }: JenkinsSettings & { options?: Partial<JenkinsTargetOptions> } = {},
) {
  const jenkins = new JenkinsDouble(settings);
  const clock = new VirtualClock();
  const target = new JenkinsTarget({
    name: "ci",
    url: `http://jenkins.example.org${settings.path ?? ""}`,
    user: USER,
    apiKey: PASSWORD,
    credentialsId: null,
    send: jenkins.send,
    clock,
    rate: 0,
    ...options,
  });
  return { jenkins, clock, target };
}

/** The TargetError that a call ends in; fails when it ends otherwise. */
export async function refusalOf(call: Promise<unknown>): Promise<TargetError> {
  const error = await call.then(() => null, (thrown) => thrown);
  assert.ok(error instanceof TargetError, `a TargetError, not ${error}`);
  return error;
}
