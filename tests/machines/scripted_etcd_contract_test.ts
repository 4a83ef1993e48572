import { VirtualClock } from "../virtual_clock.ts";
import { etcdContract } from "../contracts/etcd_contract.ts";
import { ScriptedEtcd } from "./scripted_etcd.ts";

for (const { title, run } of etcdContract) {
  Deno.test(`a scripted etcd ${title}`, async () => {
    const clock = new VirtualClock();
    const scripted = new ScriptedEtcd({ clock });
    await run({
      etcd: scripted.client("one"),
      prefix: "/nodepool/ci/",
      compact: (revision) => Promise.resolve(scripted.server.compact(revision)),
      pass: (milliseconds) => clock.advance(milliseconds),
    });
  });
}
