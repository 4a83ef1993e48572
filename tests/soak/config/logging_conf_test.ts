/** A logging.conf as Python's own logging reads it: the same lines in the same files, and the same files refused. */
import type { LogLevel } from "@logtape/logtape";
import * as fc from "fast-check";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ConfigError, formatProblem } from "../../../src/config/config_error.ts";
import { loadLogging } from "../../../src/config/load_logging.ts";
import { isLoggingConf, parseLoggingConf } from "../../../src/config/logging_conf.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { LogLevels } from "../../../src/lib/log_levels.ts";
import { LogOutputs } from "../../../src/lib/log_outputs.ts";
import { testNeeding } from "../../needs.ts";

type PythonRecord = readonly [name: string, level: string, message: string, time: number];

interface Case {
  readonly conf: string;
  readonly records: readonly PythonRecord[];
}

interface Answer {
  readonly error?: string;
  readonly files?: Readonly<Record<string, string>>;
}

const OPTIONS = { clock: systemClock, levels: new LogLevels(systemClock) };

const oracle = fileURLToPath(new URL("../../config/logging_conf_oracle.py", import.meta.url));

async function pythonsAnswers(cases: readonly Case[]): Promise<readonly Answer[]> {
  const child = new Deno.Command("python3", {
    args: [oracle],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(cases)));
  await writer.close();
  const { stdout, success } = await child.output();
  assert.ok(success);
  return JSON.parse(new TextDecoder().decode(stdout));
}

const LEVELS: Readonly<Record<string, LogLevel>> = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warning",
  ERROR: "error",
  CRITICAL: "fatal",
};

function ourAnswer({ conf, records }: Case): Answer {
  const folder = Deno.makeTempDirSync({ prefix: "logging-conf-" });
  try {
    const { plan } = parseLoggingConf(conf.replaceAll("FOLDER", folder), "logging.conf");
    {
      using outputs = new LogOutputs(plan, OPTIONS);
      for (const [name, level, message, timestamp] of records) {
        outputs.write({
          category: name.split("."),
          level: LEVELS[level]!,
          message: [message],
          rawMessage: message,
          timestamp,
          properties: {},
        });
      }
    }
    const files = [...Deno.readDirSync(folder)].map((
      { name },
    ) => [name, Deno.readTextFileSync(`${folder}/${name}`)]);
    return { files: Object.fromEntries(files.filter(([, text]) => text !== "").sort()) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { error: error.message };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** What a CI's pool of 2016 logged with. */
const PRODUCTION = `
[loggers]
keys=root,nodepool,requests,image

[handlers]
keys=console,debug,normal,image

[formatters]
keys=simple

[logger_root]
level=WARNING
handlers=console

[logger_requests]
level=WARNING
handlers=debug,normal
qualname=requests

[logger_nodepool]
level=DEBUG
handlers=debug,normal
qualname=nodepool

[logger_image]
level=INFO
handlers=image
qualname=nodepool.image.build
propagate=0

[handler_console]
level=WARNING
class=StreamHandler
formatter=simple
args=(sys.stdout,)

[handler_debug]
level=DEBUG
class=logging.handlers.TimedRotatingFileHandler
formatter=simple
args=('FOLDER/debug.log', 'H', 8, 30,)

[handler_normal]
level=INFO
class=logging.handlers.TimedRotatingFileHandler
formatter=simple
args=('FOLDER/nodepool.log', 'H', 8, 30,)

[handler_image]
level=INFO
class=logging.handlers.TimedRotatingFileHandler
formatter=simple
args=('FOLDER/image.log', 'H', 8, 30,)

[formatter_simple]
format=%(asctime)s %(levelname)s %(name)s: %(message)s
datefmt=
`;

const NAMES = [
  "nodepool",
  "nodepool.node",
  "nodepool.image",
  "nodepool.image.build",
  "nodepool.image.build.noble",
];
const TIME = Date.UTC(2016, 5, 14, 2, 3, 4, 50);

/** A line of every level under every name. */
const RECORDS: readonly PythonRecord[] = NAMES.flatMap((name, index) =>
  Object.keys(LEVELS).map((
    level,
    more,
  ): PythonRecord => [name, level, `${level} of ${name}`, TIME + index * 86_400_123 + more])
);

/** One handler and one formatter, as the sections say. */
function small({ handler, formatter = "format=%(levelname)s %(name)s: %(message)s", before = "" }: {
  readonly handler: string;
  readonly formatter?: string;
  readonly before?: string;
}): string {
  return `${before}
[loggers]
keys=root
[handlers]
keys=one
[formatters]
keys=f
[logger_root]
level=INFO
handlers=one
[handler_one]
${handler}
formatter=f
[formatter_f]
${formatter}
`;
}

const FILE = "class=FileHandler\nargs=('FOLDER/log',)";

const accepted: Readonly<Record<string, string>> = {
  // What goes to the console is looked at in a file.
  "of production": PRODUCTION.replace("class=StreamHandler", "class=FileHandler")
    .replace("(sys.stdout,)", "('FOLDER/console',)"),
  "with a file": small({ handler: FILE }),
  "with a file that is written anew": small({ handler: "class=FileHandler\nargs=('FOLDER/log', 'w')" }),
  "with double quotes, blanks and a comma": small({
    handler: `class = FileHandler\nargs = ( "FOLDER/log" , )`,
  }),
  "with strings side by side": small({ handler: `class=FileHandler\nargs=('FOLDER' '/log',)` }),
  "with arguments by name": small({
    handler: "class=FileHandler\nkwargs={'filename': 'FOLDER/log', 'mode': 'a'}",
  }),
  "with a handler's level": small({ handler: `${FILE}\nlevel=ERROR` }),
  "that rotates by size": small({
    handler: "class=handlers.RotatingFileHandler\nargs=('FOLDER/log','a',1000000,3)",
  }),
  "that is watched": small({ handler: "class=logging.handlers.WatchedFileHandler\nargs=('FOLDER/log',)" }),
  "that takes a folder from [DEFAULT]": small({
    before: "[DEFAULT]\nlogs=FOLDER",
    handler: "class=FileHandler\nargs=('%(logs)s/log',)",
  }),
  "with comments and folded lines": small({
    before: "# first\n; second",
    handler: "# third\nclass=FileHandler\nargs=('FOLDER/log',\n  'a')",
  }),
  "with dates of its own": small({
    handler: FILE,
    formatter:
      "format=%(asctime)s.%(msecs)03d [%(levelname)-8s] %(name)20s %(levelno)s %(message).5s 100%%\n" +
      "datefmt=%a %d %b %Y %H:%M:%S %p %j %y %I",
  }),
  "with the class that formatters have anyway": small({
    handler: FILE,
    formatter: "class=logging.Formatter\nformat=%(message)s",
  }),
  "with a format that is left out": small({ handler: FILE, formatter: "datefmt=" }),
  "with a NullHandler": small({ handler: "class=NullHandler\nargs=()" }),
};

for (const [what, conf] of Object.entries(accepted)) {
  testNeeding(["python3"], `a logging.conf ${what} writes the lines that Python writes`, async () => {
    const [python] = await pythonsAnswers([{ conf, records: RECORDS }]);
    assert.equal(python!.error, undefined);
    assert.deepEqual(ourAnswer({ conf, records: RECORDS }), python);
  });
}

const refused: readonly (readonly [what: string, conf: string, message: RegExp])[] = [
  [
    "without [handlers]",
    PRODUCTION.replace("[handlers]", "[hanlders]"),
    /\[handlers\] with "keys"/,
  ],
  ["whose root is missing", PRODUCTION.replace("keys=root,", "keys="), /missing logger "root"/],
  [
    "with a level that there is not",
    PRODUCTION.replace("level=INFO", "level=CHATTY"),
    /:26:1: \[logger_image\]: "CHATTY" is not a level; the levels are NOTSET, DEBUG/,
  ],
  [
    "that names a handler without a section",
    PRODUCTION.replace("normal,image\n\n[form", "normal,image,more\n\n[form"),
    /there is no section \[handler_more\]/,
  ],
  [
    "whose logger names an unknown handler",
    PRODUCTION.replace("handlers=image", "handlers=imgae"),
    /\[logger_image\]: there is no handler "imgae"/,
  ],
  [
    "whose handler names an unknown formatter",
    PRODUCTION.replace("formatter=simple", "formatter=simpel"),
    /there is no formatter "simpel"/,
  ],
  [
    "whose logger has no qualname",
    PRODUCTION.replace("qualname=requests\n", ""),
    /\[logger_requests\]: missing "qualname"/,
  ],
  ["whose handler has no class", small({ handler: "args=()" }), /\[handler_one\]: missing "class"/],
  [
    "whose file has no name",
    small({ handler: "class=FileHandler\nargs=()" }),
    /FileHandler needs a file's name/,
  ],
  [
    "with broken arguments",
    small({ handler: "class=FileHandler\nargs=('FOLDER/log'" }),
    /cannot read the arguments/,
  ],
  ["with a line that is nothing", small({ handler: `${FILE}\nnothing` }), /expected a \[section\]/],
];

for (const [what, conf, message] of refused) {
  testNeeding(["python3"], `a logging.conf ${what} is refused, as Python refuses it`, async () => {
    const [python] = await pythonsAnswers([{ conf, records: [] }]);
    assert.notEqual(python!.error, undefined, "Python takes it");
    assert.match(ourAnswer({ conf, records: [] }).error ?? "it is taken", message);
  });
}

const levelName = fc.constantFrom("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "NOTSET");

/** Any tree of loggers over two files. */
const anyConf = fc.record({
  root: fc.record({ level: levelName, handlers: fc.subarray(["a", "b"]) }),
  loggers: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...NAMES),
      level: fc.option(levelName),
      handlers: fc.subarray(["a", "b"]),
      propagate: fc.constantFrom("0", "1", null),
    }),
    { selector: ({ name }) => name, maxLength: NAMES.length },
  ),
  levels: fc.record({ a: fc.option(levelName), b: fc.option(levelName) }),
}).map(({ root, loggers, levels }) => {
  const handler = (name: "a" | "b") => {
    const level = levels[name] === null ? "" : `level=${levels[name]}\n`;
    return `[handler_${name}]\nclass=FileHandler\n${level}formatter=f\nargs=('FOLDER/${name}',)\n`;
  };
  const logger = ({ name, level, handlers, propagate }: typeof loggers[number], index: number) =>
    `[logger_${index}]\nqualname=${name}\nhandlers=${handlers.join(",")}\n` +
    (level === null ? "" : `level=${level}\n`) + (propagate === null ? "" : `propagate=${propagate}\n`);
  return `[loggers]\nkeys=${
    ["root", ...loggers.keys()].join(",")
  }\n[handlers]\nkeys=a,b\n[formatters]\nkeys=f\n` +
    `[logger_root]\nlevel=${root.level}\nhandlers=${root.handlers.join(",")}\n` +
    `${loggers.map(logger).join("")}${handler("a")}${handler("b")}` +
    `[formatter_f]\nformat=%(asctime)s %(levelname)s %(name)s: %(message)s\n`;
});

testNeeding(
  ["python3"],
  "whatever a logging.conf says of levels, handlers and propagation, lines go where Python sends them",
  async () => {
    const cases = fc.sample(anyConf, { numRuns: 150, seed: 2016 }).map((conf) => ({
      conf,
      records: RECORDS,
    }));
    const answers = await pythonsAnswers(cases);
    for (const [index, answer] of answers.entries()) {
      assert.deepEqual(ourAnswer(cases[index]!), answer, cases[index]!.conf);
    }
  },
);

function noticesOf(conf: string): readonly string[] {
  return parseLoggingConf(conf, "logging.conf").notices.map(formatProblem);
}

Deno.test("what a logging.conf says that means nothing here is one notice each, and no line is lost", () => {
  assert.deepEqual(noticesOf(PRODUCTION), [
    'logging.conf:18:1: [logger_requests]: has no effect: nothing logs as "requests"',
    ...[39, 45, 51].map((line, index) =>
      `logging.conf:${line}:1: [handler_${
        ["debug", "normal", "image"][index]
      }]: nodepool does not rotate the file: ` +
      "use logrotate"
    ),
  ]);
  const kinds = [
    [
      "class=handlers.SysLogHandler\nargs=('/dev/log', handlers.SysLogHandler.LOG_USER)",
      /SysLogHandler is not supported: its lines go to standard error/,
    ],
    [
      "class=handlers.SMTPHandler\nargs=('localhost', 'a@b', ['c@d'], 'Nodepool')",
      /SMTPHandler is not supported/,
    ],
    ["class=my.own.Handler\nargs=(os.environ['X'],)", /my\.own\.Handler is not supported/],
    ["class=StreamHandler\nargs=(open('/tmp/x', 'w'),)", /cannot read the arguments/],
  ] as const;
  for (const [handler, message] of kinds.slice(0, 3)) {
    const { plan, notices } = parseLoggingConf(small({ handler }), "logging.conf");
    assert.match(notices.map(formatProblem).join("\n"), message);
    assert.equal(notices.length, 1);
    assert.equal(plan.loggers[0]!.handlers[0]!.to, "stderr");
  }
  assert.throws(() => noticesOf(small({ handler: kinds[3][0] })), kinds[3][1]);
  assert.deepEqual(noticesOf(accepted["with the class that formatters have anyway"]!), []);
  assert.match(
    noticesOf(small({ handler: FILE, formatter: "class=my.Formatter" })).join(),
    /custom classes/,
  );
  assert.match(
    noticesOf(small({ handler: FILE, formatter: "format=%(threadName)s %(lineno)d %(message)s" })).join(),
    /no value for threadName, lineno: a dash or 0 is printed instead/,
  );
  assert.match(
    noticesOf(`${PRODUCTION}[logger_gear]\nqualname=gear\n`).join(),
    /\[logger_gear\] has no effect: "gear" is not among the keys of \[loggers\]/,
  );
  assert.match(
    noticesOf(PRODUCTION.replace("nodepool.image.build", "nodepool.NodeLauncher")).join(),
    /nothing logs as "nodepool.NodeLauncher"/,
  );
});

Deno.test("a file of Python's is told from YAML, whatever stands before its first section", () => {
  for (
    const text of [
      PRODUCTION,
      "# comment\n; another\n\n[loggers]\n",
      "# comment\r\n\r\n[loggers]\r\n",
      "[ loggers ]\n",
      "[logger_a-b] ; one\n",
    ]
  ) {
    assert.ok(isLoggingConf(text), text);
  }
  for (const text of ["", "level: debug\n", "{level: debug}", "# [loggers]\nlevel: info\n"]) {
    assert.ok(!isLoggingConf(text), text);
  }
});

Deno.test("a logging configuration may have a byte order mark and the line ends of Windows", async () => {
  const otherwise = { level: "info", format: null, file: null } as const;
  const file = await Deno.makeTempFile();
  try {
    const loaded = async (text: string) => {
      await Deno.writeTextFile(file, text);
      return (await loadLogging(file, { otherwise })).logging;
    };
    const wanted = await loaded(PRODUCTION);
    assert.ok("loggers" in wanted);
    assert.deepEqual(await loaded(`\ufeff# ours\r\n${PRODUCTION.replaceAll("\n", "\r\n")}`), wanted);
    assert.deepEqual(await loaded("\ufefflevel: debug\r\n"), await loaded("level: debug\n"));
    assert.deepEqual(await loaded("# nothing\r\n\r\n"), await loaded(""));
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a logging configuration in YAML says what is wrong with it, where", async () => {
  const otherwise = { level: "info", format: null, file: null } as const;
  const file = await Deno.makeTempFile();
  const faults = async (text: string) => {
    await Deno.writeTextFile(file, text);
    const failure = await loadLogging(file, { otherwise }).then(() => new Error("none"), (error) => error);
    return failure.message.replaceAll(file, "FILE").split("\n");
  };
  try {
    assert.deepEqual(await faults("level: loud\nfoo: 1\nlevels: { cloud: debug }\nfile: [x]\n"), [
      'FILE:1:1: level: expected one of debug, info, warning, error, found "loud"',
      "FILE:4:1: file: expected text, found a list",
      'FILE:3:11: levels.cloud: expected a category, which begins with nodepool, found "cloud"',
      "FILE:2:1: foo: unknown key; known: level, format, file, levels",
    ]);
    assert.match((await faults("level: [\n"))[0]!, /^FILE:1:8: is not valid YAML: a bracket opens here/);
    assert.deepEqual(await faults("- x\n"), ["FILE: expected a mapping"]);
    assert.deepEqual(await faults("# nothing\n\n"), ["none"]);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a logging configuration and --debug overrule the keys of the log that they decide", async () => {
  const otherwise = { level: "info", format: null, file: null } as const;
  const file = await Deno.makeTempFile();
  const overruled = async (path: string | null, debug: boolean) =>
    (await loadLogging(path, { otherwise, debug })).logging.overruled;
  try {
    await Deno.writeTextFile(file, "format: json\nlevels: { nodepool.cloud: debug }\n");
    assert.deepEqual(await overruled(null, false), []);
    assert.deepEqual(await overruled(null, true), ["level"]);
    assert.deepEqual(await overruled(file, true), ["level", "format"]);
    await Deno.writeTextFile(file, small({ handler: FILE.replace("FOLDER", "/nowhere") }));
    assert.deepEqual(await overruled(file, false), ["level", "format", "file"]);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a logging configuration or a log's folder that is missing is told by its path", async () => {
  const otherwise = { level: "info", format: null, file: null } as const;
  await assert.rejects(loadLogging("/nowhere/logging.conf", { otherwise }), {
    message: "/nowhere/logging.conf: cannot read the logging configuration: there is no such file",
  });
  const { plan } = parseLoggingConf(small({ handler: FILE.replace("FOLDER", "/nowhere") }), "logging.conf");
  assert.throws(() => new LogOutputs(plan, OPTIONS), {
    message: "cannot write the log /nowhere/log: there is no such directory; create it, or name another file",
  });
});
