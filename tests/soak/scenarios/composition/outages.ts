/** How a part of a cloud can be out of order, by what people would say of it. */
import type { FaultRuleInput } from "../../../../src/simulator/settings.ts";
import { SECOND } from "../../../../src/domain/time.ts";

export const outages = {
  "is down": { fault: 23 },
  "hangs": { fault: 4, effect: false },
  "hangs after the effect": { fault: 4 },
  "breaks the connection after the effect": { fault: 3 },
  "answers slowly": { fault: 5, time: 25 * SECOND },
  "answers nonsense": { fault: 24 },
  "fails with 500": { fault: 1 },
  "fails every other time": { fault: 1, probability: 0.5 },
  "takes us for nobody": { fault: 22 },
  "has had enough of us": { fault: 7 },
} satisfies Readonly<Record<string, Omit<FaultRuleInput, "operation">>>;

export const outageNames = Object.keys(outages) as (keyof typeof outages)[];
