/**
 * What may come together in the life of a daemon, as data: a sequence is a list of steps, drawn by fast-check, printed as
 * text and carried out by `play.ts`. What a step is about is named by its place among those that there are at that time,
 * so that a sequence stays one when others are taken out of it.
 */
import fc from "fast-check";
import { durationText, HOUR, type Milliseconds, MINUTE, SECOND } from "../../../../src/domain/time.ts";
import { cloudNames, configNames, labelNames } from "./configs.ts";
import { outageNames } from "./outages.ts";

export type Step =
  | {
    readonly type: "reload";
    /** One after the other without waiting for any. */
    readonly to: readonly (typeof configNames[number])[];
    /** How many turns of promises lie between two of them. */
    readonly turns: number;
    /** Whether a cloud cannot be opened meanwhile. */
    readonly unopenable: boolean;
  }
  | {
    readonly type: "restart";
    readonly how: "stop" | "stop during a reload" | "stop twice" | "kill";
    readonly down: Milliseconds;
  }
  | { readonly type: "wake"; readonly which: number; readonly times: number }
  | {
    readonly type: "outage";
    readonly cloud: typeof cloudNames[number];
    readonly way: typeof outageNames[number];
    readonly operation: string;
    readonly time: Milliseconds;
  }
  | { readonly type: "listener"; readonly time: Milliseconds }
  | { readonly type: "broken record"; readonly which: number; readonly time: Milliseconds }
  | { readonly type: "broken edit"; readonly which: number }
  | { readonly type: "impossible"; readonly label: typeof labelNames[number] }
  | {
    readonly type: "acquire";
    readonly label: typeof labelNames[number];
    readonly count: number;
    /** For how long the client waits; null: until it has an answer. */
    readonly patience: Milliseconds | null;
    /** Whether a client that gives up says so. */
    readonly withdraws: boolean;
    readonly use: Milliseconds;
  }
  | { readonly type: "wall"; readonly by: Milliseconds };

export type StepOf<Type extends Step["type"]> = Extract<Step, { type: Type }>;

interface Timed {
  /** Since the step before. */
  readonly after: Milliseconds;
  readonly step: Step;
}

export type Sequence = readonly Timed[];

/** What of a cloud is out. */
const operations = [
  "*",
  "server.*",
  "server.list",
  "server.show",
  "server.create",
  "server.delete",
  "image.*",
  "flavor.*",
  "limits.*",
  "quota.*",
  "network.* subnet.*",
  "token.*",
];

const which = fc.nat({ max: 5 });
const type = <Type extends Step["type"]>(type: Type) => fc.constant(type);
const minutes = fc.integer({ min: 1, max: 8 }).map((count) => count * MINUTE);

/** `weight`: how often, against the others. */
const weighted: readonly fc.WeightedArbitrary<Step>[] = [
  {
    weight: 4,
    arbitrary: fc.record({
      type: type("reload"),
      to: fc.array(fc.constantFrom(...configNames), { minLength: 1, maxLength: 3 }),
      turns: fc.nat({ max: 60 }),
      unopenable: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, {
        weight: 1,
        arbitrary: fc.constant(true),
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: type("restart"),
      how: fc.constantFrom(
        "stop" as const,
        "stop during a reload" as const,
        "stop twice" as const,
        "kill" as const,
      ),
      down: fc.constantFrom(0, 0, 10 * SECOND, 2 * MINUTE),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: type("wake"), which: fc.nat({ max: 20 }), times: fc.constantFrom(1, 3) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: type("outage"),
      cloud: fc.constantFrom(...cloudNames),
      way: fc.constantFrom(...outageNames),
      operation: fc.constantFrom(...operations),
      time: minutes,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: type("listener"), time: minutes }) },
  { weight: 2, arbitrary: fc.record({ type: type("broken record"), which, time: minutes }) },
  { weight: 2, arbitrary: fc.record({ type: type("broken edit"), which }) },
  { weight: 1, arbitrary: fc.record({ type: type("impossible"), label: fc.constantFrom(...labelNames) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: type("acquire"),
      label: fc.constantFrom(...labelNames),
      count: fc.constantFrom(1, 1, 2, 3, 15),
      patience: fc.constantFrom(null, null, 0, 3 * SECOND, 40 * SECOND),
      withdraws: fc.boolean(),
      use: fc.constantFrom(0, 30 * SECOND, 3 * MINUTE),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: type("wall"),
      by: fc.constantFrom(-10 * HOUR, -MINUTE, 30 * SECOND, 30 * MINUTE, 72 * HOUR),
    }),
  },
];

const after = fc.constantFrom(0, 0, 100, SECOND, 5 * SECOND, 20 * SECOND, MINUTE);

/** Long enough for what takes several of them together; no longer, so that many run in seconds. */
const LONGEST = 10;

export const sequences: fc.Arbitrary<Sequence> = fc.noBias(
  fc.array(fc.record({ after, step: fc.oneof(...weighted) }), {
    minLength: 1,
    maxLength: LONGEST,
    size: "max",
  }),
);

export function sequenceText(sequence: Sequence): string {
  let at = 0;
  return sequence.map(({ after, step }) => `  t+${durationText(at += after)}: ${stepText(step)}`).join("\n");
}

export function stepText(step: Step): string {
  switch (step.type) {
    case "reload":
      return `reload, ${step.to.join(`, after ${step.turns} turns `)}${
        step.unopenable ? ", while clouds cannot be opened" : ""
      }`;
    case "restart":
      return `${step.how}, start after ${durationText(step.down)}`;
    case "wake":
      return `wake task ${step.which}, ${step.times} times`;
    case "outage":
      return `${step.operation} of ${step.cloud} ${step.way} for ${durationText(step.time)}`;
    case "listener":
      return `a listener that throws, for ${durationText(step.time)}`;
    case "broken record":
      return `record ${step.which} throws in planning, for ${durationText(step.time)}`;
    case "broken edit":
      return `an edit of record ${step.which} that cannot be stored`;
    case "impossible":
      return `a request for more of ${step.label} than there can be`;
    case "acquire": {
      const end = step.withdraws ? "withdraws" : "is gone";
      const patience = step.patience === null ? "waits" : `${end} after ${durationText(step.patience)}`;
      return `acquire ${step.count} of ${step.label}, ${patience}, use for ${durationText(step.use)}`;
    }
    case "wall":
      return `set the machine's clock ${step.by < 0 ? "back" : "forward"} by ${
        durationText(Math.abs(step.by))
      }`;
  }
}
