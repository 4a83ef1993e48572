/** `cloudContract` against the simulator in this process, in virtual time and without sockets. */
import { createOpenStackCloud } from "../../src/cloud/openstack/openstack_cloud.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../../src/lib/virtual_clock.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";
import { cloudContract } from "../contracts/cloud_contract.ts";

cloudContract("the simulator in-process", () => {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const simulator = createSimulator({ clock, random });
  const connect = (pageSize?: number) =>
    createOpenStackCloud({
      name: "simulator",
      access: simulator.access(),
      send: simulator.send,
      clock,
      random,
      apiTimeout: MINUTE,
      rate: 0,
      pageSize,
    });
  const cloud = connect();
  return Promise.resolve({
    cloud,
    withPageSize: connect,
    imageName: "debian-12",
    flavorName: "m1.tiny",
    networkName: "private",
    externalNetworkName: "public",
    setQuota({ instances, floatingIps }) {
      Object.assign(simulator.cloud().quotas, { instances: instances ?? -1, floatingIps: floatingIps ?? -1 });
      return Promise.resolve();
    },
    waitFor: (_what, condition) => clock.advanceUntil(condition, { within: 10 * MINUTE, step: SECOND }),
    async [Symbol.asyncDispose]() {
      await cloud[Symbol.asyncDispose]();
      simulator[Symbol.dispose]();
    },
  });
});
