/** A process that takes the lock of a state, says so, and keeps it until it is ended: for `state_lock_test.ts`. */
import { systemClock } from "../../src/lib/clock.ts";
import { lockState } from "../../src/store/state_lock.ts";

const [path] = Deno.args;
using _lock = await lockState(path!, { holder: "nodepool daemon", clock: systemClock });
console.log("locked");
await Deno.stdin.read(new Uint8Array(1));
