/** The options of each way to authenticate, which `auth` may give, by openstacksdk's names. */
import { didYouMean } from "../../lib/nearest_name.ts";
import { CloudSettingsError, isSettings, type Settings, textSetting } from "./settings.ts";
import { authOf } from "./older_names.ts";

const COMMON = [
  "auth_url",
  "system_scope",
  "domain_id",
  "domain_name",
  "project_id",
  "project_name",
  "project_domain_id",
  "project_domain_name",
  "trust_id",
  "default_domain_id",
  "default_domain_name",
];
const USER = ["user_id", "username", "user_domain_id", "user_domain_name"];

const CREDENTIAL = ["application_credential_id", "application_credential_name"];

/** The secret that proves who logs in. */
const SECRETS = {
  password: "password",
  token: "token",
  application_credential: "application_credential_secret",
};

const OPTIONS = {
  password: [...COMMON, ...USER, SECRETS.password],
  token: [...COMMON, SECRETS.token],
  application_credential: [...COMMON, ...USER, ...CREDENTIAL, SECRETS.application_credential],
} as const;

/** Whether a secret is anywhere among the settings, in any spelling; also that of a method which is not supported. */
export function holdsSecretOption(value: unknown): boolean {
  if (!isSettings(value)) return false;
  return Object.entries(value).some(([key, inner]) => {
    const name = key.replaceAll("-", "_").replace(/^auth_(?=token$)/, "");
    const isSecret = name === "passcode" || Object.values(SECRETS).includes(name);
    return isSecret && inner !== null || holdsSecretOption(inner);
  });
}

export type AuthMethod = keyof typeof OPTIONS;

const METHODS: Readonly<Record<string, AuthMethod>> = {
  password: "password",
  v3password: "password",
  token: "token",
  v3token: "token",
  v3applicationcredential: "application_credential",
};

/**
 * The method that `auth_type` names.
 * @throws CloudSettingsError naming one that is not supported
 */
export function authMethod(authType: unknown): AuthMethod {
  const type = textSetting(authType) ?? "none";
  if (Object.hasOwn(METHODS, type)) return METHODS[type]!;
  const supported = Object.keys(METHODS).join(", ");
  if (type === "v2password" || type === "v2token") {
    throw new CloudSettingsError(
      `auth_type ${type} uses Keystone v2, which is no longer supported; use ${type.slice(2)}`,
    );
  }
  throw new CloudSettingsError(`auth_type "${type}" is not supported; supported: ${supported}`);
}

/** Changes `cloud`: options that stand beside `auth` move into it, where what stands already wins. */
export function gatherAuthOptions(cloud: Settings, method: AuthMethod): void {
  const auth = authOf(cloud);
  for (const option of OPTIONS[method]) {
    const value = winningValue(option, auth) ?? winningValue(option, cloud);
    for (const spelling of spellings(option)) {
      delete auth[spelling];
      delete cloud[spelling];
    }
    if (value !== null) auth[option] = value;
  }
}

function winningValue(option: string, settings: Settings): string | null {
  for (const spelling of spellings(option)) {
    if (!(spelling in settings)) continue;
    const value = settings[spelling];
    if (typeof value === "boolean") {
      throw new CloudSettingsError(`auth.${option} is ${value}, which is not text; put it in quotes`);
    }
    return textSetting(value);
  }
  return null;
}

function spellings(option: string): string[] {
  return option === "username" ? ["username", "user_name"] : [option];
}

/** @throws CloudSettingsError naming what this method cannot be given */
export function refuseUnknownOptions(auth: Settings, method: AuthMethod): void {
  const known: readonly string[] = OPTIONS[method];
  const unknown = Object.keys(auth).filter((key) => !known.includes(key) && auth[key] !== null);
  if (unknown.length === 0) return;
  const names = unknown.map((key) => `auth.${key}`).join(", ");
  throw new CloudSettingsError(
    `${names}: not an option of ${method.replace("_", " ")} authentication${hintFor(unknown, known)}`,
  );
}

function hintFor(unknown: readonly string[], known: readonly string[]): string {
  const method = methodMeant(unknown);
  if (method !== null) return `; set auth_type: ${method}`;
  return didYouMean(unknown[0]!, known);
}

/**
 * Options beside `auth` that this method does not know have no effect.
 * @throws CloudSettingsError naming those of an application credential where nothing else says who logs in
 */
export function refuseStrayOptions(settings: Settings, method: AuthMethod): void {
  const auth = authOf(settings);
  if (method === "application_credential" || "username" in auth || "user_id" in auth) return;
  const stray = Object.keys(settings).filter((key) => methodMeant([key]) === "v3applicationcredential");
  if (stray.length === 0) return;
  throw new CloudSettingsError(`${stray.join(", ")}: no effect; set auth_type: v3applicationcredential`);
}

/** The `auth_type` that such options belong to; null: none of their own. */
function methodMeant(options: readonly string[]): string | null {
  if (options.some((option) => option.startsWith("application_credential_"))) {
    return "v3applicationcredential";
  }
  if (options.includes("token")) return "token";
  return options.includes("password") ? "password" : null;
}
