/** Datagrams to a socket such as systemd's, with a real one. */
import assert from "node:assert/strict";
import { openServiceManager } from "../../src/lib/service_manager.ts";

type Variables = Readonly<Record<string, string>>;

interface Listening extends Disposable {
  next(): Promise<string>;
}

/** @param path an abstract one begins with a NUL */
function listen(path: string): Listening {
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  return {
    async next() {
      const [bytes] = await socket.receive();
      return new TextDecoder().decode(bytes);
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

function open(variables: Variables, troubles: string[] = []) {
  return openServiceManager({
    env: (name) => variables[name],
    onTrouble: (message) => troubles.push(message),
  });
}

for (const kind of ["a path", "a path with blanks and umlauts", "an abstract address"]) {
  Deno.test(`what is told arrives at ${kind}, in its order`, async () => {
    const folder = await Deno.makeTempDir({ prefix: kind === "a path" ? "sd" : "sd  grün " });
    const isAbstract = kind === "an abstract address";
    const name = isAbstract ? `nodepool-test-${Deno.pid}-${performance.now()}` : `${folder}/notify`;
    using socket = listen(isAbstract ? `\0${name}` : name);
    using manager = open({ NOTIFY_SOCKET: isAbstract ? `@${name}` : name });
    manager!.tell({ READY: 1, STATUS: "2 nodes,\n 1 problem" });
    manager!.tell({ STOPPING: 1 });
    assert.equal(await socket.next(), "READY=1\nSTATUS=2 nodes, 1 problem");
    assert.equal(await socket.next(), "STOPPING=1");
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("a reload is told with a time that the service manager's own clock has not passed before", async () => {
  const folder = await Deno.makeTempDir();
  using socket = listen(`${folder}/notify`);
  using manager = open({ NOTIFY_SOCKET: `${folder}/notify` });
  const before = Number((await Deno.readTextFile("/proc/uptime")).split(" ")[0]) * 1_000_000;
  manager!.tellReloading();
  const [, time] = (await socket.next()).match(/^RELOADING=1\nMONOTONIC_USEC=(\d+)$/)!;
  assert.ok(Number(time) >= before && Number(time) < before + 60_000_000, `${time} ${before}`);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a sign of life goes only to a service manager that waits for one", async () => {
  const folder = await Deno.makeTempDir();
  const NOTIFY_SOCKET = `${folder}/notify`;
  using socket = listen(NOTIFY_SOCKET);
  for (
    const [watched, expected] of [[{}, "STATUS=on"], [{ WATCHDOG_USEC: "1000000" }, "WATCHDOG=1"]] as const
  ) {
    using manager = open({ NOTIFY_SOCKET, ...watched });
    manager!.tellAlive();
    manager!.tell({ STATUS: "on" });
    assert.equal(await socket.next(), expected);
  }
  await Deno.remove(folder, { recursive: true });
});

for (const variables of [{}, { NOTIFY_SOCKET: "" }] as Variables[]) {
  Deno.test(`without a socket (${JSON.stringify(variables)}) there is nobody to tell`, () => {
    assert.equal(open(variables), null);
  });
}

const watchdogs: [Variables, number | null][] = [
  [{}, null],
  [{ WATCHDOG_USEC: "90000000" }, 90_000],
  [{ WATCHDOG_USEC: "90000000", WATCHDOG_PID: String(Deno.pid) }, 90_000],
  [{ WATCHDOG_USEC: "90000000", WATCHDOG_PID: "1" }, null],
  [{ WATCHDOG_USEC: "0" }, null],
  [{ WATCHDOG_USEC: "soon" }, null],
];
for (const [variables, expected] of watchdogs) {
  Deno.test(`the watchdog of ${JSON.stringify(variables)} is ${expected}`, () => {
    using manager = open({ NOTIFY_SOCKET: "/run/none", ...variables });
    assert.equal(manager!.watchdog, expected);
  });
}

Deno.test("a service manager that is gone is reported once, and ends nothing", async () => {
  const folder = await Deno.makeTempDir();
  const troubles: string[] = [];
  {
    using manager = open({ NOTIFY_SOCKET: `${folder}/gone` }, troubles);
    manager!.tell({ READY: 1 });
    manager!.tell({ STATUS: "still here" });
    while (troubles.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(troubles.length, 1);
  assert.match(troubles[0]!, new RegExp(`^cannot notify the service manager at ${folder}/gone: `));
  await Deno.remove(folder, { recursive: true });
});
