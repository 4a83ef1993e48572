/**
 * What may happen to a pool, as data: a schedule is a list of steps, drawn by fast-check, printed as text and carried out
 * by `play.ts`. What a step is about is named by its place among those that there are at that time (the first node in
 * use, the second …), so that a schedule stays one when others are taken out of it.
 */
import fc from "fast-check";
import { durationText, HOUR, type Milliseconds, MINUTE, SECOND } from "../../../../src/domain/time.ts";
import { faultCatalogue } from "../../../../src/simulator/fault_catalogue.ts";

export type Action =
  | {
    readonly type: "faults";
    readonly faults: readonly number[];
    /** What the faults of requests strike beside listings; null: what each strikes by itself. */
    readonly operation: "server.show" | "image.show" | null;
    readonly probability: number;
    readonly time: Milliseconds;
  }
  | { readonly type: "acquire"; readonly count: number }
  | { readonly type: "release"; readonly which: number; readonly failed: boolean }
  | { readonly type: "hold"; readonly which: number }
  | { readonly type: "delete"; readonly which: number }
  | { readonly type: "wall"; readonly by: Milliseconds }
  | { readonly type: "edit"; readonly which: number; readonly to: MetadataEdit }
  | { readonly type: "foreign"; readonly marks: "none" | "another installation" }
  | { readonly type: "vanish"; readonly which: number }
  | { readonly type: "floating-ip"; readonly which: number; readonly to: "foreign server" | "nothing" }
  | { readonly type: "copy" }
  | { readonly type: "restore"; readonly which: number; readonly elsewhere: boolean }
  | { readonly type: "crash"; readonly down: Milliseconds; readonly wall: Milliseconds }
  | { readonly type: "second"; readonly which: number | null; readonly time: Milliseconds }
  | { readonly type: "reconfigure"; readonly minReady: number }
  | { readonly type: "image"; readonly what: "update" | "delete" };

/** What somebody writes on a server. */
const metadataEdits = [
  "an ended node",
  "another node",
  "a node to come",
  "a node that never was",
  "another provider",
  "another installation",
  "another run",
  "nothing",
] as const;
export type MetadataEdit = typeof metadataEdits[number];

interface Step {
  /** Since the step before. */
  readonly after: Milliseconds;
  readonly action: Action;
}

export type Schedule = readonly Step[];

/** Those that take servers out of listings, or show them as they were. */
export const listingFaults = [19, 20];
export const otherFaults = [...faultCatalogue.keys()].filter((number) => !listingFaults.includes(number));

const which = fc.nat({ max: 5 });
const wall = fc.constantFrom(-10 * HOUR, -30 * MINUTE, 30 * MINUTE, 10 * HOUR, 72 * HOUR);

/** Faults that keep the answer to a request away. */
const answerless = [1, 3, 4, 6, 7, 22, 23, 24];

const faults = fc.record({
  type: fc.constant("faults" as const),
  operation: fc.constant(null),
  faults: fc.oneof(
    fc.constantFrom(...listingFaults).map((number) => [number]),
    fc.tuple(fc.constantFrom(...listingFaults), fc.constantFrom(...otherFaults)),
    fc.constantFrom(...otherFaults).map((number) => [number]),
  ),
  probability: fc.constantFrom(1, 1, 0.5),
  time: fc.integer({ min: 1, max: 10 }).map((minutes) => minutes * MINUTE),
});

/** Listings leave out what cannot be looked up by itself either. */
const unprovable = fc.record({
  type: fc.constant("faults" as const),
  operation: fc.constantFrom("server.show" as const, "server.show" as const, "image.show" as const),
  faults: fc.tuple(fc.constantFrom(...listingFaults), fc.constantFrom(...answerless)),
  probability: fc.constant(1),
  time: fc.integer({ min: 3, max: 10 }).map((minutes) => minutes * MINUTE),
});

/** `weight`: how often, against the others. */
const weighted: readonly fc.WeightedArbitrary<Action>[] = [
  { weight: 4, arbitrary: faults },
  { weight: 2, arbitrary: unprovable },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("acquire" as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("release" as const), which, failed: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("hold" as const), which }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("delete" as const), which }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("wall" as const), by: wall }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("edit" as const),
      which,
      to: fc.constantFrom(...metadataEdits),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("foreign" as const),
      marks: fc.constantFrom("none" as const, "another installation" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("vanish" as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("floating-ip" as const),
      which,
      to: fc.constantFrom("foreign server" as const, "nothing" as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: "copy" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("restore" as const),
      which,
      elsewhere: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("crash" as const),
      down: fc.constantFrom(0, 0, 5 * MINUTE, HOUR),
      wall: fc.oneof(fc.constant(0), wall),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("second" as const),
      which: fc.option(which, { nil: null }),
      time: fc.constantFrom(MINUTE, 5 * MINUTE, 30 * MINUTE),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("reconfigure" as const),
      minReady: fc.integer({ min: 0, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("image" as const),
      what: fc.constantFrom("update" as const, "delete" as const),
    }),
  },
];

const after = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map((seconds) => seconds * SECOND),
  fc.integer({ min: 0, max: 5 }).map((minutes) => minutes * MINUTE),
);

/** Long enough for what takes a copy, a use and a restored state; no longer, so that hundreds run in seconds. */
const LONGEST = 14;

export const schedules: fc.Arbitrary<Schedule> = fc.noBias(
  fc.array(fc.record({ after, action: fc.oneof(...weighted) }), {
    minLength: 1,
    maxLength: LONGEST,
    size: "max",
  }),
);

export function scheduleText(schedule: Schedule): string {
  let at = 0;
  return schedule.map(({ after, action }) => `  t+${durationText(at += after)}: ${actionText(action)}`).join(
    "\n",
  );
}

export function actionText(action: Action): string {
  switch (action.type) {
    case "faults": {
      const titles = action.faults.map((number) => `${number} (${faultCatalogue.get(number)!.title})`);
      const often = action.probability === 1 ? "" : `, each time with probability ${action.probability}`;
      const on = action.operation === null ? "" : ` on ${action.operation}`;
      return `fault ${titles.join(" and ")}${on} for ${durationText(action.time)}${often}`;
    }
    case "acquire":
      return `acquire ${action.count}`;
    case "release":
      return `release job ${action.which}${action.failed ? " as failed" : ""}`;
    case "hold":
      return `hold node ${action.which}`;
    case "delete":
      return `delete node ${action.which}`;
    case "wall":
      return `set the machine's clock ${stepText(action.by)}`;
    case "edit":
      return `edit the marks of server ${action.which} to name ${action.to}`;
    case "foreign":
      return `somebody else makes a server, with the marks of ${action.marks}`;
    case "vanish":
      return `server ${action.which} vanishes`;
    case "floating-ip":
      return `floating IP ${action.which} is moved to a ${action.to}`;
    case "copy":
      return "copy the state";
    case "restore":
      return `kill -9, restore copy ${action.which}${action.elsewhere ? " on another machine" : ""}, start`;
    case "crash": {
      const set = action.wall === 0 ? "" : `, set the machine's clock ${stepText(action.wall)}`;
      return `kill -9${set}, start after ${durationText(action.down)}`;
    }
    case "second":
      return `a second daemon on ${
        action.which === null ? "a copy of the state" : `copy ${action.which}`
      }, ` +
        `for ${durationText(action.time)}`;
    case "reconfigure":
      return `min-ready becomes ${action.minReady}`;
    case "image":
      return `${action.what} an image`;
  }
}

function stepText(by: Milliseconds): string {
  return `${by < 0 ? "back" : "forward"} by ${durationText(Math.abs(by))}`;
}
