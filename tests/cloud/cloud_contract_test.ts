/** `cloudContract` against the simulator in this process, as it is and like people's clouds; in virtual time, without sockets. */
import { createOpenStackCloud } from "../../src/cloud/openstack/openstack_cloud.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";
import { cloudContract } from "../contracts/cloud_contract.ts";
import { cloudAccess } from "../simulator/cloud_access.ts";

function simulatedContract(name: string, like: NonNullable<SimulatorInput["clouds"]>[number] = {}): void {
  cloudContract(name, () => {
    const clock = new VirtualClock();
    const random = seededRandom(1);
    const simulator = createSimulator({ clock, random, clouds: [like] });
    const connect = (pageSize?: number) =>
      createOpenStackCloud({
        name: "simulator",
        access: cloudAccess(simulator.cloud().settings, "http://simulator.invalid"),
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
      keepsDescriptions: simulator.cloud().quirks.every(({ name }) => name !== "no-descriptions"),
      setQuota({ instances, floatingIps }) {
        Object.assign(simulator.cloud().quotas, {
          instances: instances ?? -1,
          floatingIps: floatingIps ?? -1,
        });
        return Promise.resolve();
      },
      waitFor: (_what, condition) => clock.advanceUntil(condition, { within: 10 * MINUTE, step: SECOND }),
      async [Symbol.asyncDispose]() {
        await cloud[Symbol.asyncDispose]();
        simulator[Symbol.dispose]();
      },
    });
  });
}

simulatedContract("the simulator in-process");
simulatedContract("a cloud that compresses unasked", { personality: "gzip" });
simulatedContract("a Neutron without paging and descriptions", { personality: "plain-neutron" });
simulatedContract("lists whose every page says that another follows", { quirks: ["endless-pages"] });
simulatedContract("a Nova without microversions", { personality: "old" });
simulatedContract("lists with items that are not as the manual says", { quirks: ["odd-items"] });
