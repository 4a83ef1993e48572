/**
 * The settings of a simulated OpenStack: its clouds, their sizes, speeds and faults. One schema for code and for YAML
 * files; they differ only in the unit of time (milliseconds in code, seconds in files) and in the spelling of
 * keys (`bootTime`, `boot-time`). Every key has a default: no settings at all give one cloud named `simulator`.
 */
import * as v from "valibot";
import { DAY, HOUR, SECOND } from "../domain/time.ts";
import type { Random } from "../lib/random.ts";
import { type SettingsProblem, settingsProblems } from "./settings_check.ts";

/** How a time is spread over calls: always `mean`; or evenly by `jitter` around it; or from `min` with a tail up to `max`. */
interface Spread {
  readonly mean: number;
  readonly jitter: number;
  readonly min: number | null;
  readonly max: number | null;
}

/**
 * One time out of a spread, in milliseconds: even within the jitter; else an exponential tail that starts at `min`
 * and is cut at `max`, as boot times of real clouds look; always `mean` where nothing is spread.
 */
export function sampleSpread(spread: Spread, random: Random): number {
  const { mean, jitter, min, max } = spread;
  if (jitter > 0) return Math.max(0, Math.round(mean + (2 * random.float() - 1) * jitter));
  if (min === null && max === null) return mean;
  const least = min ?? 0;
  const time = least - Math.log(1 - random.float()) * (mean - least);
  return Math.round(Math.min(time, max ?? Infinity));
}

function maybe<Schema extends v.GenericSchema>(schema: Schema) {
  return v.optional(v.nullable(schema), null);
}

function whole(least: number, most = Infinity) {
  return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
}

/**
 * The schema with times in the unit given.
 * @param unit how many milliseconds the number 1 stands for
 */
export function settingsSchema(unit: number) {
  const time = v.pipe(v.number(), v.minValue(0), v.transform((value) => value * unit));
  const timeOr = (standard: number) => v.optional(time, standard / unit);
  const spread = v.union([
    v.pipe(time, v.transform((mean): Spread => ({ mean, jitter: 0, min: null, max: null }))),
    v.pipe(
      v.strictObject({
        mean: time,
        jitter: v.optional(time, 0),
        min: maybe(time),
        max: maybe(time),
      }),
      v.check(({ mean, min, max }) => (min ?? 0) <= mean && mean <= (max ?? Infinity), "min <= mean <= max"),
      v.transform((value): Spread => value),
    ),
  ], "Invalid type: expected a number, or mean with jitter or with min and max");
  const spreadOr = (standard: number) => v.optional(spread, standard / unit);

  const faultRule = v.strictObject({
    /** Number in the catalogue (`fault_catalogue.ts`). */
    fault: v.pipe(v.number(), v.integer()),
    /** Patterns over operations (`server.create`, `server.* image.*`); the catalogue's own where none are given. */
    operation: maybe(v.string()),
    /** `identity`, `compute`, `network` or `image`; null: every one. */
    service: maybe(v.picklist(["identity", "compute", "network", "image"])),
    /** Pattern over the name of the server or image that the request is about; of a snapshot, either will do. */
    name: maybe(v.string()),
    /** Name of the cloud; null: every one. */
    cloud: maybe(v.string()),
    probability: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
    /** How often it strikes at most; null: without end. */
    count: maybe(whole(1)),
    /** How many matching requests it lets pass first. */
    skip: v.optional(whole(0), 0),
    /** The window in which it is in force, from the simulator's start. */
    after: timeOr(0),
    until: maybe(time),
    /** How long: of a slow answer, a Retry-After, a short token life, a stale list; null: the catalogue's. */
    time: maybe(time),
    /** Whether the request still takes effect, for faults that can do either; null: the catalogue's. */
    effect: maybe(v.boolean()),
    /** The message and the status of a refusal; null: the catalogue's. */
    message: maybe(v.string()),
    status: maybe(whole(400, 599)),
  });

  const flavor = v.strictObject({
    name: v.string(),
    /** null: one made from the name. */
    id: maybe(v.string()),
    vcpus: whole(1),
    /** MiB. */
    ram: whole(1),
    /** GiB. */
    disk: v.optional(whole(0), 10),
    extraSpecs: v.optional(v.record(v.string(), v.string()), {}),
  });

  const image = v.strictObject({
    name: v.string(),
    id: maybe(v.string()),
    status: v.optional(v.string(), "active"),
    minRam: v.optional(v.number(), 0),
    minDisk: v.optional(v.number(), 0),
    size: v.optional(v.number(), 1024 ** 2),
    properties: v.optional(v.record(v.string(), v.string()), {}),
  });

  const network = v.strictObject({
    name: v.string(),
    id: maybe(v.string()),
    /** Floating IPs come from it. */
    external: v.optional(v.boolean(), false),
    /** Whether servers can be attached to it; null: where it is not external. */
    attachable: maybe(v.boolean()),
    /** Whether a router leads from it to the external networks, as floating IPs need. */
    routed: v.optional(v.boolean(), true),
    /** Whether its ports have an IPv6 address as well. Nothing answers there. */
    ipv6: v.optional(v.boolean(), false),
    shared: v.optional(v.boolean(), true),
    /** A /16 within 127.0.0.0/8, as `127.16.0.0/16`; null: the next one that no other network has. */
    subnet: maybe(v.pipe(
      v.string(),
      v.regex(/^127\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\.0\.0\/16$/, "expected 127.N.0.0/16"),
    )),
  });

  const limit = v.optional(whole(-1), -1);
  const cloud = v.strictObject({
    name: v.optional(
      v.pipe(v.string(), v.regex(/^[A-Za-z][\w-]*$/, "expected letters, digits, _ and -")),
      "simulator",
    ),
    region: v.optional(v.string(), "RegionOne"),
    username: v.optional(v.string(), "nodepool"),
    password: v.optional(v.string(), "nodepool"),
    project: v.optional(v.string(), "nodepool"),
    applicationCredential: maybe(v.strictObject({ id: v.string(), secret: v.string() })),
    tokenLife: timeOr(HOUR),
    /** -1: no limit. */
    quotas: v.optional(
      v.strictObject({
        instances: limit,
        cores: limit,
        /** MiB. */
        ram: limit,
        keypairs: limit,
        floatingIps: limit,
        ports: limit,
        securityGroups: limit,
        networks: limit,
      }),
      {},
    ),
    /** From the request to ACTIVE. */
    bootTime: spreadOr(2 * SECOND),
    /** From the accepted DELETE until the server is gone. */
    deleteTime: spreadOr(SECOND),
    /** From the last byte of an upload to `active`. */
    saveTime: spreadOr(SECOND),
    /** From the request for an image of a server to `active`. */
    snapshotTime: spreadOr(2 * SECOND),
    /** Before each answer. */
    latency: spreadOr(0),
    /** The newest of Nova's microversions, as N of 2.N. */
    microversion: v.optional(whole(1), 95),
    /** The most servers, images or ports in one page. */
    pageSize: v.optional(whole(1), 1000),
    zones: v.optional(v.pipe(v.array(v.string()), v.minLength(1)), ["az1", "az2"]),
    flavors: v.optional(v.pipe(v.array(flavor), v.minLength(1)), [
      { name: "m1.tiny", vcpus: 1, ram: 512, disk: 1 },
      { name: "m1.small", vcpus: 1, ram: 2048, disk: 20 },
      { name: "m1.medium", vcpus: 2, ram: 4096, disk: 40 },
      { name: "m1.large", vcpus: 4, ram: 8192, disk: 80 },
      { name: "m1.xlarge", vcpus: 8, ram: 16384, disk: 160 },
    ]),
    images: v.optional(v.array(image), [
      { name: "debian-12" },
      { name: "debian-13" },
      { name: "ubuntu-22.04" },
      { name: "ubuntu-24.04" },
    ]),
    networks: v.optional(v.array(network), [{ name: "private" }, { name: "public", external: true }]),
    /** A cloud that people know, by its name in `quirk_table.ts`; null: the plain OpenStack. */
    personality: maybe(v.string()),
    /** Single habits of people's clouds, besides those of the personality. */
    quirks: v.optional(v.array(v.string()), []),
    ssh: v.optional(
      v.strictObject({
        /** From ACTIVE until logins are answered. */
        delay: spreadOr(0),
        /** Whether any key is let in; else the keypair that the server was booted with, and `authorizedKeys`. */
        acceptAnyKey: v.optional(v.boolean(), false),
        /** Public keys, one line each as in an authorized_keys file, let in on every server. */
        authorizedKeys: v.optional(v.array(v.string()), []),
        /** The only users there are; null: every name. */
        users: maybe(v.array(v.string())),
        /** The answers to commands; the first whose pattern fits. */
        commands: v.optional(
          v.array(v.strictObject({
            command: v.string(),
            output: v.optional(v.string(), ""),
            exitCode: v.optional(whole(0, 255), 0),
            time: timeOr(0),
          })),
          [],
        ),
        /** How long each step of a login takes. */
        slow: v.optional(
          v.strictObject({
            banner: timeOr(0),
            authentication: timeOr(0),
            session: timeOr(0),
            command: timeOr(0),
          }),
          {},
        ),
        /** The answer of these users' keys, whatever command they ask for; null: theirs is run. */
        forcedCommand: maybe(v.strictObject({
          users: v.optional(v.array(v.string()), ["root"]),
          output: v.string(),
          exitCode: v.optional(whole(0, 255), 0),
          /** Between its output and its end. */
          time: timeOr(0),
        })),
        loginShell: v.optional(v.picklist(["sh", "csh"]), "sh"),
        /** Whether commands can have a pseudo-terminal, and whether sudo refuses those that have none. */
        terminals: v.optional(v.boolean(), true),
        requiretty: v.optional(v.boolean(), false),
        /** Shown before the authentication. */
        banner: v.optional(v.string(), ""),
        /** Methods that it wants besides the key. */
        alsoWants: v.optional(v.array(v.string()), []),
        algorithms: v.optional(
          v.picklist(["openssh", "fips", "dropbear", "sha1-only", "post-quantum-only"]),
          "openssh",
        ),
        /** Whether it has made itself new host keys when the first login is over. */
        newHostKeys: v.optional(v.boolean(), false),
      }),
      {},
    ),
  });

  return v.strictObject({
    /** The same numbers for the same seed; null: other ones each time. */
    seed: maybe(v.pipe(v.number(), v.integer())),
    /** The port on which simulated servers answer; 0: one that the system chooses. */
    sshPort: v.optional(whole(0, 65535), 2222),
    /** How many requests the journal keeps. */
    journalSize: v.optional(whole(1), 200_000),
    /** How long a deleted server is still listed by `changes-since`. */
    deletedLife: timeOr(DAY),
    clouds: v.optional(v.pipe(v.array(cloud), v.minLength(1)), [{}]),
    faults: v.optional(v.array(faultRule), []),
  });
}

const inMilliseconds = settingsSchema(1);

/** Settings with every default filled in; times in milliseconds. */
export type SimulatorSettings = v.InferOutput<typeof inMilliseconds>;
/** Settings as code gives them: camelCase keys, times in milliseconds, everything optional. */
export type SimulatorInput = v.InferInput<typeof inMilliseconds>;
export type CloudSettings = SimulatorSettings["clouds"][number];
/** -1: no limit. */
export type Quotas = CloudSettings["quotas"];
export type FaultRule = SimulatorSettings["faults"][number];
export type FaultRuleInput = NonNullable<SimulatorInput["faults"]>[number];

/**
 * Fills in the defaults.
 * @throws Error that names every wrong setting
 */
export function completeSettings(input: SimulatorInput): SimulatorSettings {
  const settings = checked(v.safeParse(inMilliseconds, input), "the simulator's settings");
  refuse(settingsProblems(settings), "the simulator's settings");
  return settings;
}

/**
 * One fault rule with its defaults.
 * @throws Error that names every wrong field
 */
export function completeFaultRule(input: unknown): FaultRule {
  const rules = v.safeParse(inMilliseconds.entries.faults, [input]);
  return checked(rules, "a fault rule")[0]!;
}

function checked<T>(
  result: { success: true; output: T } | { success: false; issues: readonly v.BaseIssue<unknown>[] },
  what: string,
): T {
  if (result.success) return result.output;
  throw unusable(what, result.issues.map((issue) => ({ ...issue, path: [v.getDotPath(issue) ?? "(all)"] })));
}

/** @throws Error that names every problem, where there is any */
export function refuse(problems: readonly SettingsProblem[], what: string): void {
  if (problems.length > 0) throw unusable(what, problems);
}

/** An error that names every problem. */
export function unusable(what: string, problems: readonly SettingsProblem[]): Error {
  const told = problems.map(({ path, message }) => `${path.join(".")}: ${message}`);
  return new Error(`${what} cannot be used: ${told.join("; ")}`);
}
