/** An agent as Jenkins binds it from the form and writes it down: what XStream makes of a DumbSlave. */
import { escapeHtml as escape } from "./jenkins_pages.ts";

/** What Jenkins keeps of an agent. */
export interface BoundAgent {
  readonly name: string;
  readonly xml: string;
}

/** Jenkins' own word for a form that it cannot make an object of. */
export class BindError extends Error {}

type Json = Readonly<Record<string, unknown>>;

const CLASSES =
  /^hudson\.plugins\.sshslaves\.verifiers\.(NonVerifying|ManuallyProvided|KnownHostsFile)KeyVerificationStrategy$/;

/** @throws BindError */
export function bindAgent(name: string, form: Json): BoundAgent {
  const launcher = object(form.launcher, "launcher");
  if (classOf(launcher) !== "hudson.plugins.sshslaves.SSHLauncher") throw new BindError("no such launcher");
  if (
    classOf(object(form.retentionStrategy, "retentionStrategy")) !== "hudson.slaves.RetentionStrategy$Always"
  ) {
    throw new BindError("no such retention strategy");
  }
  if (object(form.nodeProperties, "nodeProperties")["stapler-class-bag"] !== "true") {
    throw new BindError("nodeProperties is no bag");
  }
  if (form.mode !== "NORMAL" && form.mode !== "EXCLUSIVE") throw new BindError("no such mode");
  const xml = `<?xml version="1.1" encoding="UTF-8"?>
<slave>
  <name>${escape(name)}</name>
  <description>${escape(text(form.nodeDescription))}</description>
  <remoteFS>${escape(text(form.remoteFS))}</remoteFS>
  <numExecutors>${Number(form.numExecutors)}</numExecutors>
  <mode>${form.mode}</mode>
  <retentionStrategy class="hudson.slaves.RetentionStrategy$Always"/>
  <launcher class="hudson.plugins.sshslaves.SSHLauncher" plugin="ssh-slaves@2.973.v0fa_8c0dea_f9f">
    <host>${escape(text(launcher.host))}</host>
    <port>${Number(launcher.port)}</port>
${login(launcher)}    <launchTimeoutSeconds>60</launchTimeoutSeconds>
    <maxNumRetries>10</maxNumRetries>
    <retryWaitTime>15</retryWaitTime>
${verification(launcher)}    <tcpNoDelay>true</tcpNoDelay>
  </launcher>
  <label>${escape(text(form.labelString))}</label>
  <nodeProperties/>
</slave>`;
  return { name, xml };
}

function login(launcher: Json): string {
  const fields = ["credentialsId", "username", "privatekey"];
  return fields
    .filter((field) => launcher[field] !== undefined)
    .map((field) => `    <${field}>${escape(text(launcher[field]))}</${field}>\n`)
    .join("");
}

function verification(launcher: Json): string {
  if (launcher.sshHostKeyVerificationStrategy === undefined) return "";
  const strategy = object(launcher.sshHostKeyVerificationStrategy, "sshHostKeyVerificationStrategy");
  const name = classOf(strategy);
  if (!CLASSES.test(name)) throw new BindError(`no class ${name}`);
  const tag = `sshHostKeyVerificationStrategy class="${name}"`;
  if (!name.includes("ManuallyProvided")) return `    <${tag}/>\n`;
  const [algorithm, key, ...rest] = text(strategy.key).split(" ");
  if (!key || rest.length > 0) throw new BindError("Key should be 2 parts: algorithm and Base64 key");
  return `    <${tag}>
      <key>
        <algorithm>${escape(algorithm!)}</algorithm>
        <key>${escape(key)}</key>
      </key>
    </sshHostKeyVerificationStrategy>
`;
}

function classOf(part: Json): string {
  return text(part.$class ?? part["stapler-class"]);
}

function object(value: unknown, field: string): Json {
  if (typeof value !== "object" || value === null) throw new BindError(`no ${field}`);
  return value as Json;
}

function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
