/**
 * The result of a run of scripts/test, from the reports that it left in a folder: the runner's own (`*.xml`, JUnit),
 * the tests that were skipped and what would make them run (`skipped`, by tests/needs.ts), and the parts that broke
 * (`broken`, a name a line). A run may make up for others in other folders: then all are counted.
 *
 *   test_report.ts summary FOLDER…   prints it, ending in `N passed, N failed`; exits 1 unless all is well
 *   test_report.ts complete FOLDER…  the same; a skipped test counts as a failure
 *   test_report.ts left FOLDER…      prints a filter and the files that run what was skipped, a line each
 */
interface Case {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
}

interface Run {
  readonly cases: readonly Case[];
  /** Skipped tests, by their names: what would make them run, and the file that has them. */
  readonly reasons: ReadonlyMap<string, { readonly remedy: string; readonly file: string }>;
  readonly broken: readonly string[];
}

const FAILED_OUTSIDE = "the runner failed outside any test";

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

const lines = (text: string) => text.split("\n").filter((line) => line !== "");

function readRun(folder: string): Run {
  const reports = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".xml"));
  return {
    cases: reports.flatMap(({ name }) => casesIn(read(`${folder}/${name}`))),
    reasons: new Map(
      lines(read(`${folder}/skipped`)).map((line) => {
        const { name, ...reason } = JSON.parse(line);
        return [name, reason];
      }),
    ),
    broken: lines(read(`${folder}/broken`)),
  };
}

/** A test that a filter left out has no time; one that its own file has skipped took none, and says so. */
function casesIn(report: string): Case[] {
  return [...report.matchAll(/<testcase ([^>]*)>([\s\S]*?)<\/testcase>/g)].flatMap(
    ([, head = "", body = ""]) => {
      const isSkipped = body.includes("<skipped");
      if (isSkipped && !/ time="/.test(head)) return [];
      const outcome = isSkipped ? "skipped" : /<(failure|error)\b/.test(body) ? "failed" : "passed";
      return [{ name: attribute(head, "name"), outcome }];
    },
  );
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function attribute(head: string, name: string): string {
  const [, text = ""] = head.match(new RegExp(`(?:^| )${name}="([^"]*)"`)) ?? [];
  return text.replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, entity) => entities[entity]!);
}

const namesOf = (cases: readonly Case[], outcome: Case["outcome"]) =>
  cases.filter((one) => one.outcome === outcome).map(({ name }) => name);

/** All the runs as one. What one of them skipped and another ran counts as run. */
function joined(runs: readonly Run[]): Run {
  const ran = runs.map(({ cases }) => new Set([...namesOf(cases, "passed"), ...namesOf(cases, "failed")]));
  return {
    cases: runs.flatMap(({ cases }, index) =>
      cases.filter(({ name, outcome }) =>
        outcome !== "skipped" || !ran.some((names, other) => other !== index && names.has(name))
      )
    ),
    reasons: new Map(runs.flatMap(({ reasons }) => [...reasons])),
    broken: runs.flatMap(({ broken }) => broken),
  };
}

/** Prints the summary. @returns whether all is well */
function summarize({ cases, reasons, broken: brokenParts }: Run, { maySkip }: { maySkip: boolean }): boolean {
  const broken = [...brokenParts];
  const skipped = [...new Set(namesOf(cases, "skipped"))];
  const outside = broken.filter((part) => part === FAILED_OUTSIDE).length;
  const failed = namesOf(cases, "failed").length + outside;
  const passed = namesOf(cases, "passed").length;

  printSkipped(skipped, reasons);
  if (skipped.some((name) => !reasons.has(name))) broken.push("tests skipped without a reason");
  if (skipped.length > 0 && !maySkip) broken.push("skipped tests");
  if (passed + failed === 0) broken.push("no test ran");
  if (broken.length > 0) console.log(`not passed: ${[...new Set(broken)].join(", ")}`);
  console.log(
    `${passed} passed, ${failed} failed${skipped.length === 0 ? "" : `, ${skipped.length} skipped`}`,
  );
  return failed === 0 && broken.length === 0;
}

/** Grouped by what would make them run. */
function printSkipped(names: readonly string[], reasons: Run["reasons"]): void {
  const groups = Map.groupBy(names, (name) => reasons.get(name)?.remedy ?? "no reason is given");
  for (const [remedy, group] of groups) {
    console.log(`skipped (to have them run: ${remedy}):`);
    for (const name of group) console.log(`  ${name}`);
  }
}

/**
 * A filter that matches the skipped tests alone, and the files that have them; nothing where there are none. The longest
 * file comes first: its length tells well enough how long its tests take.
 */
function printLeft({ cases, reasons }: Run): void {
  const names = [...new Set(namesOf(cases, "skipped"))].filter((name) => reasons.has(name));
  if (names.length === 0) return;
  console.log(`/^(?:${names.map((name) => RegExp.escape(name)).join("|")})$/`);
  const files = [...new Set(names.map((name) => reasons.get(name)!.file))];
  for (const file of files.toSorted((one, other) => read(other).length - read(one).length)) {
    console.log(file);
  }
}

const [command, ...folders] = Deno.args;
const run = joined(folders.map(readRun));
if (command === "left") printLeft(run);
else if (!summarize(run, { maySkip: command !== "complete" })) Deno.exit(1);
