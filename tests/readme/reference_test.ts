/** The manual's references are complete: commands, states, routes, JSON, keys. Each is held against the code itself. */
import assert from "node:assert/strict";
import { toJsonSchema } from "@valibot/to-json-schema";
import { fileURLToPath } from "node:url";
import { ExitCode } from "../../src/cli/exit_code.ts";
import { configJsonSchema } from "../../src/config/json_schema.ts";
import { type NodePhase, nodePhases, type NodeState, stateName } from "../../src/domain/node.ts";
import { floatingIpDescription, serverMetadata } from "../../src/domain/server_marks.ts";
import { topicTexts } from "../../src/manual/topics.ts";
import { createSite } from "../../src/site/create_site.ts";
import { viewAcquiredNodes } from "../../src/views/acquired_nodes.ts";
import { viewAlienImageList, viewAlienList } from "../../src/views/alien_lists.ts";
import { viewDump } from "../../src/views/dump.ts";
import type { PoolEvent } from "../../src/domain/pool_event.ts";
import { eventViewSchema, viewEvent } from "../../src/views/events.ts";
import { emptyOrder } from "../../src/domain/order_book.ts";
import type { ExplanationView } from "../../src/views/explain/explanation.ts";
import { viewExplanation } from "../../src/views/explain/view_explanation.ts";
import { viewHistory } from "../../src/views/history.ts";
import { viewInventory } from "../../src/views/inventory.ts";
import { viewNodeLog } from "../../src/views/node_log.ts";
import { viewOnlineChecks } from "../../src/views/online_check_list.ts";
import { viewNodeDetails } from "../../src/views/node_details.ts";
import { viewUsageReport } from "../../src/views/usage_report.ts";
import type { Config } from "../../src/domain/config.ts";
import { nodeUsage } from "../../src/domain/node_usage.ts";
import { poolLists, type PoolViewName, viewPool } from "../../src/views/view_pool.ts";
import { LOG_CATEGORIES } from "../../src/lib/log_category.ts";
import { PROGRAM_NAMES } from "../../src/cli/invoked_program.ts";
import { CliBench } from "../cli/run.ts";
import { sampleDibImage, sampleImage } from "../views/sample_images.ts";
import { NOW, sampleConfig, sampleNode, sampleReport } from "../views/sample_pool.ts";
import { sampleMachines } from "../views/sample_machines.ts";
import { sampleDump } from "../views/sample_dump.ts";
import { blocksOf, inlineCode, sectionOf, tableRows } from "./document.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const example = await Deno.readTextFile(`${root}config.example.yaml`);

function topic(name: string): string {
  return topicTexts[name]!;
}

Deno.test("the command reference has the commands, arguments and options that --help shows, and no others", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const help = async (...words: string[]) => (await bench.run(...words, "--help")).stdout;
  const [intro, ...parts] = topic("commands").split(/^## `/m);
  const told = Object.fromEntries(parts.map((part) => {
    const [usage, text] = [part.slice(0, part.indexOf("`")), part.slice(part.indexOf("`"))];
    return [usage.split(" ")[0], { usage, options: bulletOptions(text) }];
  }));

  const main = await help();
  const ofLists = ["-o, --output FORMAT", "--sort COLUMN", "--columns NAMES", "--watch [SECONDS]"];
  assert.deepEqual(bulletOptions(intro!), [...helpOptions(main), ...ofLists]);
  const names = [
    ...main.slice(main.indexOf("\nNodes:"), main.indexOf("\nExample:")).matchAll(/^ {2}([a-z-]+) /gm),
  ].map(([, name]) => name!);
  assert.deepEqual(Object.keys(told).sort(), names.sort());
  for (const name of names.filter((name) => name !== "help")) {
    const text = await help(name);
    const options = helpOptions(text).filter((option) => option !== "-h, --help");
    const isList = options.includes("--sort COLUMN");
    assert.equal(isList || !/^status$|(^|-)list$/.test(name), true, name);
    const isStill = name === "history" || name === "report" || name.startsWith("alien-");
    const shared = !isList ? [] : isStill ? ofLists.slice(0, -1) : ofLists;
    assert.deepEqual([...told[name]!.options, ...shared].sort(), options.sort(), name);
    const placeholders = text.match(/^Usage: nodepool (.*)$/m)![1]!.replace(" [options]", "");
    assert.equal(told[name]!.usage, asPlaceholders(placeholders), name);
  }
});

/** The options that a list explains, as `--provider NAME`. */
function bulletOptions(text: string): string[] {
  return [...text.matchAll(/^- `((?:-\w, )?--[^`]+)`/gm)].map(([, option]) => option!);
}

function helpOptions(help: string): string[] {
  const own = help.match(/^Options:\n((?: .*\n)*)/m)![1]!;
  const flags = [...own.matchAll(/^ {2}((?:-\w, )?--[\w-]+(?: [<[][^>\]]+[>\]])?) /gm)].map(([, flag]) =>
    flag!
  );
  return flags.map(asPlaceholders);
}

/** `list [id]` as `list [ID]`, `<id...>` as `ID…`. */
function asPlaceholders(usage: string): string {
  return usage.replaceAll(/<([^>]+)>/g, (_, name: string) => name.toUpperCase())
    .replaceAll(/\[[^\]]+\]/g, (name) => name.toUpperCase()).replaceAll("...", "…");
}

Deno.test("the manual has every exit code", () => {
  const codes = tableRows(topic("commands")).map(([code]) => Number(code));
  assert.deepEqual(codes, [...new Set(Object.values(ExitCode))]);
});

Deno.test("the manual has every state and phase of a node, in their order", () => {
  let state = "";
  const rows = tableRows(sectionOf(topic("concepts"), "## A node's life")).map(([name, phase]) => {
    state = name || state;
    return [state, phase];
  });
  const inState = (phase: NodePhase) => stateName({ state: { phase } as NodeState });
  const states = nodePhases.map((phase) => [inState(phase), phase]);
  assert.deepEqual(rows, states);
});

Deno.test("the manual has every route of the status endpoint, with its filters", () => {
  const site = createSite({
    report: sampleReport,
    allowOrigin: () => [],
    history: { getHistory: () => Promise.resolve(null), listHistory: () => Promise.resolve([]) },
    events: {
      startOf: () => Promise.resolve(0),
      latest: () => Promise.resolve([]),
      open: () => new ReadableStream(),
    },
    scrape: () => Promise.reject(new Error("not asked for")),
    onDefect: (error) => {
      throw error;
    },
  });
  const routes = site.routes.filter(({ method }) => method === "GET").map(({ path }) =>
    path.replace(/:id{[^/]*}/, "ID").replace(/^\/[a-z-]+-list\.json$/, "/LIST.json").replace(
      /:topic{[^/]*}/,
      "TOPIC",
    )
      .replace(/:name{[^/]*}/, "NAME")
  );
  const rows = tableRows(topic("endpoint")).flatMap((
    [routes, text],
  ) => routes!.split(", ").map((route) => [route.slice(1, -1), text!]));
  assert.deepEqual(rows.map(([route]) => route!).sort(), [...new Set(routes)].sort());
  for (const [route, text] of rows) {
    const told = text!.match(/filters (.*)$/)?.[1]?.match(/\w+/g);
    const filters = poolLists[route!.slice(1) as PoolViewName]?.filters ?? [];
    assert.deepEqual(told ?? [], filters, route);
  }
});

const FAILED = {
  timings: { create: 0, boot: 0 },
  result: "failed",
  evidence: { at: NOW, error: "", kind: "ssh", requestId: null, fault: null, console: null },
} as const;

function priced({ providers, ...config }: Config): Config {
  const prices = { currency: "EUR", perHour: { "m1.small": 1 } };
  return { ...config, providers: providers.map((provider) => ({ ...provider, prices })) };
}

Deno.test("the manual's JSON has the keys that the views have, and no others", () => {
  const block = blocksOf(topic("json")).find(({ words }) => words.includes("shapes"));
  const shapes: Record<string, object> = JSON.parse(block!.text.replaceAll(/ \/\/ .*$/gm, ""));
  const report = sampleReport();
  const explained: ExplanationView = {
    ...viewExplanation(report, "noble")!,
    next: [{ at: null, what: "" }],
    errors: [{ at: null, of: "", error: "", request_id: null, fault: null, console: null }],
    also: [""],
  };
  const views: Record<string, { version: number; at?: string }> = {
    ...Object.fromEntries(
      (Object.keys(poolLists) as PoolViewName[]).map((name) => [name, viewPool(fullReport(), { name })]),
    ),
    "alien-list": viewAlienList({
      servers: [{ provider: "a", hostname: "b", serverId: "c", ip: null }],
      warnings: [""],
    }, report),
    "alien-image-list": viewAlienImageList({
      images: [{ provider: "a", name: "b", imageId: "c" }],
      warnings: [""],
    }, report),
    "config-validate --online": viewOnlineChecks([
      { provider: "a", check: "login", subject: null, result: "ok", message: "" },
    ], report),
    "dump": viewDump(sampleDump),
    "events": viewEvent(sampleEvent, report),
    "explain": explained,
    "history": viewHistory(
      { records: [{ node: sampleNode({ id: 9 }), endedAt: NOW }], hasMore: false },
      report,
    ),
    "report": viewUsageReport(
      [nodeUsage(sampleNode({ id: 9, flavorName: "m1.small", ...FAILED }), NOW)],
      { by: "label", since: 0, until: NOW + 1_000, completeSince: 0 },
      { ...report, config: priced(sampleConfig()) },
    ),
    "/nodes/ID": viewNodeDetails(
      { ...report, nodes: [...report.nodes, sampleNode({ id: 99, role: "subnode", parentId: 6 })] },
      6,
    )!,
    "logs": viewNodeLog(viewNodeDetails(report, 6)!, {
      console: { text: "a", read: null, problem: null },
      script: { text: "b", running: true },
    }),
    "acquire": viewAcquiredNodes([sampleNode({ id: 1, subnodeCount: 1 })], {
      request: 7,
      config: sampleConfig(),
      pool: [sampleNode({ id: 2, role: "subnode", parentId: 1 })],
    }),
  };
  // Its form is Ansible's, without version and time.
  const host = Object.values(viewInventory(report)._meta.hostvars)[0]!;
  assert.deepEqual(Object.keys(shapes).sort(), [...Object.keys(views), "inventory --host"].sort());
  assert.deepEqual([...keysOf(shapes["inventory --host"])].sort(), [...keysOf(host)].sort());
  const nodeKeys = new Set([...keysOf(views["node-list"])].map((key) => key.replace("nodes[]", "node")));
  for (const [name, { version, at, ...view }] of Object.entries(views)) {
    const isTimeless = name === "acquire" || name === "events";
    assert.deepEqual([version, typeof at], [1, isTimeless ? "undefined" : "string"]);
    const keys = [...keysOf(view)].filter((key) =>
      name !== "/nodes/ID" || key === "node" || !nodeKeys.has(key)
    );
    assert.deepEqual([...keysOf(shapes[name])].sort(), keys.sort(), name);
  }
});

const sampleEvent: PoolEvent = {
  id: 1,
  at: NOW,
  kind: "node.ready",
  subject: { type: "node", id: 1, name: "a" },
  labels: { provider: "a" },
  message: "",
};

Deno.test("the manual's JSON Schema of an event is that of the program", () => {
  const block = blocksOf(topic("json")).find(({ words }) => words.includes("event-schema"))!;
  assert.deepEqual(JSON.parse(block.text), toJsonSchema(eventViewSchema));
});

function fullReport() {
  const report = sampleReport();
  const [first, ...others] = report.providers;
  const stats = { ...first!.stats!, lastError: { at: NOW, message: "timeout" } };
  const missing = { servers: 1, images: 0, found: 0, since: NOW, isDoubtful: false, isLooking: false };
  const foreign = { serverId: "s9", hostname: "noble-cloud-a-9", nodeId: 9, run: "r2" };
  const waitingOn = { reason: "saving", message: "the image is queued", since: NOW } as const;
  const [firstConfig, ...otherConfigs] = report.config!.providers;
  const retired = otherConfigs.map((provider) => ({ ...provider, maxServers: -1 }));
  return {
    ...report,
    machines: sampleMachines(),
    config: { ...report.config!, providers: [firstConfig!, ...retired] },
    providers: [{ ...first!, stats, missing, foreign: [foreign] }, ...others],
    dibImages: [sampleDibImage({ id: 1, waitingOn })],
    images: [sampleImage({ id: 1, waitingOn })],
    orders: [{ ...emptyOrder({ provider: null, image: "noble" }), orderedAt: NOW }],
    daemon: {
      ...report.daemon!,
      log: { levels: [{ category: "cloud", level: "debug", until: NOW }], problems: [] },
    },
  };
}

/**
 * Each key with its way to it, as `nodes[].hold.until`. The keys of `timings` are phases, which each node has its own of,
 * and those of `about` what a piece of work is for.
 */
function keysOf(value: unknown, path = ""): Set<string> {
  if (Array.isArray(value)) return new Set(value.flatMap((item) => [...keysOf(item, `${path}[]`)]));
  if (typeof value !== "object" || value === null) return new Set();
  return new Set(
    Object.entries(value).flatMap(([key, inner]) => {
      const here = path === "" ? key : `${path}.${key}`;
      return key === "timings" || key === "about" ? [here] : [here, ...keysOf(inner, here)];
    }),
  );
}

Deno.test("the manual has every mark that a server carries", () => {
  const ids = { installation: "INSTALLATION", nodeId: 2, run: "RUN", parentId: 1 };
  const subnode = { ...ids, image: "i", provider: "p" };
  const marks = serverMetadata(subnode);
  const section = topic("metadata");
  assert.deepEqual(tableRows(section).map(([key]) => key!.slice(1, -1)), Object.keys(marks));
  const codes = inlineCode(section);
  for (const key of Object.keys(JSON.parse(marks["nodepool"]!))) assert.ok(codes.includes(key), key);
  assert.ok(codes.includes(floatingIpDescription("INSTALLATION", 0, "RUN").replace(" 0 ", " ID ")));
});

Deno.test("the manual names every category of the log", () => {
  const section = sectionOf(topic("operating"), "## The log");
  const [list] = section.slice(section.indexOf("Lines are logged under")).split("\n\n", 1);
  const names = inlineCode(list!).filter((code) => code !== "nodepool." && !code.includes("NAME"));
  assert.deepEqual([...new Set(names)], [...LOG_CATEGORIES]);
});

Deno.test("the configuration keys that the README and the manual name stand in config.example.yaml, or are former ones", async () => {
  const keys = new Set([...example.matchAll(/^[ #]*(?:- )?([a-z0-9-]+):(?: |$)/gm)].map(([, key]) => key!));
  await using bench = await CliBench.open({ daemon: false });
  const commands = [...(await bench.run("--help")).stdout.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) =>
    name!
  );
  const schema = JSON.stringify(configJsonSchema());
  const former = [...schema.matchAll(/"([a-z-]+)":\{"deprecated":true/g)].map(([, key]) => key!);
  assert.ok(former.length > 3);
  const others = ["etcd-server", "ssh-keygen", "ssh-config", "disk-image-create", "envvars", "last"];
  const ofClouds = ["cacert", "private", "proxy", "verify"];
  const known = new Set([
    ...keys,
    ...former,
    ...commands,
    ...PROGRAM_NAMES,
    ...nodePhases,
    ...others,
    ...ofClouds,
  ]);
  const isUnknown = (code: string) => code.split(".").some((part) => !known.has(part));
  const isFile = (code: string) => /\.(yaml|conf|kv-\w+)$/.test(code);
  // A word with a dash in it can hardly be anything else, wherever it stands.
  const dashed = Object.values(topicTexts).flatMap(inlineCode).filter((code) =>
    /^([a-z]+\.)?[a-z]+(-[a-z]+)+$/.test(code)
  );
  const plain = inlineCode(topic("configuration")).filter((code) => /^[a-z]+(\.[a-z-]+)?$/.test(code));
  assert.ok(dashed.length > 10 && plain.length > 3);
  assert.deepEqual([...dashed, ...plain].filter((code) => !isFile(code) && isUnknown(code)), []);
});

Deno.test("the manual's map of src/ has every folder", () => {
  const folders = [...Deno.readDirSync(`${root}src`)].filter((entry) => entry.isDirectory).map(({ name }) =>
    name
  );
  const rows = tableRows(topic("developing")).flatMap(([name]) => name!.match(/^`(\w+)\/`$/)?.[1] ?? []);
  assert.deepEqual(rows.sort(), folders.sort());
});
