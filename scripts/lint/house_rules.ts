/** House rules that no stock lint rule knows; `deno lint` loads this plugin (deno.json). */
import { pathToFileURL } from "node:url";
import { countOf, importersOf, namesakesOf, placeOf } from "./import_index.ts";

/** Calls that read the clock, wait or roll dice: only `src/lib` may, so that virtual time and seeds reach all. */
const timeAndChance = new Set([
  "Date.now",
  "Math.random",
  "performance.now",
  "crypto.randomUUID",
  "crypto.getRandomValues",
]);
const timers = new Set(["setTimeout", "setInterval", "setImmediate"]);

/** The folders and files of `src/` that a folder may import besides itself; one not listed may import everything. */
const allowedImports: Record<string, string[]> = {
  domain: [],
  lib: [],
  plan: ["domain"],
  views: ["domain", "lib"],
  config: ["domain", "lib"],
  store: ["domain", "lib", "etcd", "lead"],
  ssh: ["domain", "lib"],
  http: ["domain", "lib"],
  cloud: ["domain", "lib", "http"],
  build: ["domain", "lib"],
  targets: ["domain", "lib", "http"],
  metrics: ["domain", "lib", "views"],
  rules: ["domain", "lib", "plan", "store"],
  etcd: ["domain", "http", "lib"],
  lead: ["domain", "etcd", "lib"],
  execute: ["domain", "lib", "plan", "rules", "cloud", "ssh", "build", "store", "targets", "demand"],
  builders: ["domain", "lib", "build", "cloud", "execute", "store"],
  tasks: [
    "domain",
    "lib",
    "cloud",
    "ssh",
    "build",
    "store",
    "targets",
    "demand",
    "metrics",
    "plan",
    "rules",
    "execute",
    "config",
    "etcd",
    "lead",
  ],
  first: ["domain", "lib", "plan", "cloud", "config"],
  online: ["domain", "lib", "plan", "cloud", "execute", "tasks", "etcd", "lead"],
  control: ["domain", "lib", "plan", "views", "store", "rules", "http", "etcd", "lead", "builders"],
  site: ["domain", "lib", "views", "manual"],
  manual: ["lib"],
  install: ["domain", "lib", "manual", "metrics"],
  cli: ["domain", "lib", "views", "control", "manual", "install", "config", "store/state_lock.ts"],
  demand: ["domain", "lib"],
  simulator: [
    "domain",
    "lib",
    "ssh",
    "cloud",
    "http",
    "config/config_error.ts",
    "config/read_text.ts",
    "config/read_yaml.ts",
    "config/yaml_node.ts",
  ],
};

/** Adapters that only the composition roots import: the rest sees the port beside them. */
const adapters =
  /(\/cloud\/openstack\/|\/targets\/jenkins\/|\/ssh\/ssh2_\w+\.ts|\/build\/diskimage_builder\.ts|\/store\/(etcd\/etcd|kv|memory)_store\.ts|\/metrics\/hot_shots_statsd\.ts)/;

/** Calls that delete on a cloud; all go through the one place that asks the ledger first. */
const deletes = new Set(["deleteServer", "deleteImage", "deleteFloatingIp", "deleteKeypair"]);
const mayDelete = /^src\/(cloud|simulator)\/|^src\/execute\/deletions\.ts$/;

const urlOf = ({ filename }: Deno.lint.RuleContext) => pathToFileURL(filename);
const folderOf = (place: string) => place.match(/^src\/([a-z]+)\//)?.[1] ?? null;
const isTest = (place: string) => place.startsWith("tests/");

function boundBy(pattern: Deno.lint.VariableDeclarator["id"]): Deno.lint.Node[] {
  if (pattern.type !== "ObjectPattern") return [pattern];
  return pattern.properties.map((property) =>
    property.type === "Property" ? property.value : property.argument
  );
}

/** The names that a declaration exports. */
function exportedNames({ declaration, specifiers }: Deno.lint.ExportNamedDeclaration): string[] {
  const ids = declaration === null
    ? specifiers.map(({ exported }) => exported)
    : declaration.type === "VariableDeclaration"
    ? declaration.declarations.flatMap(({ id }) => boundBy(id))
    : "id" in declaration
    ? [declaration.id]
    : [];
  return ids.flatMap((id) => id?.type === "Identifier" ? [id.name] : []);
}

const plugin: Deno.lint.Plugin = {
  name: "nodepool",
  rules: {
    "time-and-chance": {
      create(context) {
        const place = placeOf(urlOf(context));
        if (!place.startsWith("src/") || folderOf(place) === "lib") return {};
        // It runs in readers' browsers.
        if (place.endsWith(".js")) return {};
        const report = (node: Deno.lint.Node, name: string) =>
          context.report({ node, message: `${name} outside src/lib: take a Clock or a Random instead` });
        return {
          CallExpression(node) {
            if (node.callee.type === "Identifier" && timers.has(node.callee.name)) {
              report(node, node.callee.name);
            }
            if (node.callee.type !== "MemberExpression") return;
            const name = context.sourceCode.getText(node.callee);
            if (timeAndChance.has(name)) report(node, name);
          },
          NewExpression(node) {
            if (node.arguments.length === 0 && context.sourceCode.getText(node.callee) === "Date") {
              report(node, "new Date()");
            }
          },
        };
      },
    },
    "one-place-deletes": {
      create(context) {
        const place = placeOf(urlOf(context));
        if (folderOf(place) === null || mayDelete.test(place)) return {};
        return {
          MemberExpression(node) {
            const { property } = node;
            if (property.type !== "Identifier" || !deletes.has(property.name)) return;
            context.report({ node, message: `${property.name} past src/execute/deletions.ts` });
          },
        };
      },
    },
    /**
     * An export is used where another file of the program (or of `scripts`) imports it. What only tests import is used
     * if its own file uses it too: then it is a part with a test of its own, and the program runs it.
     */
    "unused-export": {
      create(context) {
        const place = placeOf(urlOf(context));
        if (folderOf(place) === null && !/^(tests|scripts)\//.test(place)) return {};
        const isUsed = (name: string) => {
          const importers = importersOf(place, name);
          if (isTest(place) || !importers.every(isTest)) return importers.length > 0;
          return importers.length > 0 && countOf(name, context.sourceCode.text) > 1;
        };
        return {
          ExportNamedDeclaration(node) {
            for (const name of exportedNames(node)) {
              if (!isUsed(name)) context.report({ node, message: `nothing imports ${name}` });
            }
          },
        };
      },
    },
    /** A name is one thing in all of the program, so that reading or searching for it finds that one. */
    "one-name-one-thing": {
      create(context) {
        const place = placeOf(urlOf(context));
        if (!place.startsWith("src/")) return {};
        return {
          ExportNamedDeclaration(node) {
            if (node.source !== null) return;
            for (const name of exportedNames(node)) {
              const [namesake] = namesakesOf(place, name);
              if (namesake !== undefined) {
                context.report({
                  node,
                  message: `${namesake} exports another ${name}: give one of them a different name`,
                });
              }
            }
          },
        };
      },
    },
    /** Once an answer has begun, garbage collection takes its ear for aborts, whatever the signal: it is read to its end. */
    "no-fetch-of-undici": {
      create: (context) => ({
        // A selector with an attribute would be compared with every node: seconds.
        ImportDeclaration({ source, specifiers }) {
          if (source.value !== "undici") return;
          for (const node of specifiers) {
            if (node.type !== "ImportSpecifier" || context.sourceCode.getText(node.imported) !== "fetch") {
              continue;
            }
            context.report({
              node,
              message: "undici's fetch may miss an abort: use its request, or Deno's fetch",
            });
          }
        },
      }),
    },
    /** In the bundle that scripts/compile makes, a CommonJS package has no names for a dynamic import. */
    "packages-load-statically": {
      create(context) {
        if (folderOf(placeOf(urlOf(context))) === null) return {};
        return {
          ImportExpression(node) {
            const name = node.source.type === "Literal" ? String(node.source.value) : "a package";
            if (/^(\.|node:)/.test(name)) return;
            context.report({
              node,
              message: `${name} imported dynamically: import a file that re-exports it`,
            });
          },
        };
      },
    },
    "imports-go-down": {
      create(context) {
        const url = urlOf(context);
        const folder = folderOf(placeOf(url));
        const allowed = folder === null ? undefined : allowedImports[folder];
        const check = (node: Deno.lint.Node, specifier: string) => {
          if (folder === null || !specifier.startsWith(".")) return;
          const place = placeOf(new URL(specifier, url));
          const target = folderOf(place);
          if (target === null || target === folder) return;
          const isAllowed = (entry: string) => entry === target || place === `src/${entry}`;
          if (allowed !== undefined && !allowed.some(isAllowed)) {
            context.report({ node, message: `src/${folder} must not import ${place}` });
          }
          if (folder !== "daemon" && adapters.test(place)) {
            context.report({ node, message: `only the composition roots import the adapter ${place}` });
          }
        };
        return {
          ImportDeclaration: (node) => check(node, node.source.value),
          ExportNamedDeclaration: (node) => node.source && check(node, node.source.value),
          ImportExpression: (node) =>
            node.source.type === "Literal" && check(node, String(node.source.value)),
        };
      },
    },
  },
};

export default plugin;
