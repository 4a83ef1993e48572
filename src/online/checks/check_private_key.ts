/** Whether the image's private key can be used. */
import type { ProviderImageConfig } from "../../domain/config.ts";
import { failure, type Finding, ok } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkPrivateKey({ privateKey, name }: ProviderImageConfig, { local }: Look): Finding[] {
  const about = { check: "private_key", subject: name } as const;
  const fault = local.faults.get(privateKey);
  return [fault === undefined ? ok(about, privateKey) : failure(about, fault)];
}
