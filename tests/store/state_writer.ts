/** A process that writes to a state without end, telling each commit that is stored: for `kill_test.ts`. */
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { Ledger } from "../../src/store/ledger.ts";
import { lockState } from "../../src/store/state_lock.ts";
import { nodeRecord } from "./records.ts";

/** As many as take several transactions each, so that most kills hit a journal. */
const TOGETHER = 1_200;

const [path] = Deno.args;
using _lock = await lockState(path!, { holder: "writer", clock: systemClock });
await using store = await openKvStore(path!, { clock: systemClock, random: systemRandom });
const ledger = await Ledger.load(store, { clock: systemClock });
for (;;) {
  const first = await ledger.takeIds("node", TOGETHER);
  await ledger.edit((edit) => {
    for (const id of ledger.nodes.keys()) edit.removeNode(id);
    for (let id = first; id < first + TOGETHER; id++) {
      edit.putNode(nodeRecord({ id, launchReason: `from ${first}` }));
    }
  });
  console.log(first);
}
