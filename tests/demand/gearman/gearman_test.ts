/** Gearman against a server in memory and virtual time: what a real one seldom does. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createGearman, type Gearman } from "../../../src/demand/gearman/gearman.ts";
import { GearmanError } from "../../../src/demand/gearman/gearman_error.ts";
import { encodePacket, type PacketType } from "../../../src/demand/gearman/packet.ts";
import { GearmanReader } from "../../../src/demand/gearman/reader.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { VirtualClock } from "../../virtual_clock.ts";
import { ScriptedConnection, ScriptedServer } from "../scripted_server.ts";
import { bareNode as node } from "./bare_node.ts";

const decoder = new TextDecoder();

const answer = (type: PacketType, ...args: string[]) => encodePacket("RES", { type, args });

/** Answers to what the client says, as `TYPE arg arg…` or a line; uuids are `U`. */
type Reply = (said: string, connection: ScriptedConnection) => void;

interface Kit extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly server: ScriptedServer;
  readonly gearman: Gearman;
  readonly said: string[];
}

const place = (index: number) => ({ host: "gear.test", port: 4730 + index });

/** A server that greets and shows that it lives, and else does what `reply` does. */
async function start(reply: Reply = () => {}, { greets = true, servers = 1 } = {}): Promise<Kit> {
  const [clock, server] = [new VirtualClock(0), new ScriptedServer()];
  const said: string[] = [];
  server.onConnection = (connection) => {
    const reader = new GearmanReader();
    connection.onSend = (bytes) => {
      for (const unit of reader.read(bytes.slice())) {
        const args = unit.kind === "packet" ? unit.packet.args.map((arg) => decoder.decode(arg)) : [];
        const words = unit.kind === "line" ? [unit.text] : [unit.packet.type, ...args];
        const text = words.join(" ").replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, "U");
        said.push(text);
        if (greets && text === "OPTION_REQ exceptions") connection.say(answer("OPTION_RES", "exceptions"));
        else if (text === "ECHO_REQ nodepool") connection.say(answer("ECHO_RES", "nodepool"));
        else reply(text, connection);
      }
    };
  };
  const gearman = createGearman({ clock, random: seededRandom(1), dial: server.dial });
  await gearman.configure(Array.from({ length: servers }, (_, index) => place(index)));
  await clock.advance(0);
  return { clock, server, gearman, said, [Symbol.asyncDispose]: () => gearman[Symbol.asyncDispose]() };
}

const signal = new AbortController().signal;
const assign = ({ gearman }: Kit, timeout = 60_000) => gearman.assign("jenkins", node, { timeout, signal });

async function errorOf(work: Promise<unknown>): Promise<GearmanError> {
  const error = await work.then(() => null, (error) => error);
  ok(error instanceof GearmanError, `no GearmanError: ${error}`);
  return error;
}

/** Accepts jobs as `H:1`, and goes on with what follows. */
const accepting = (then: Reply): Reply => (said, connection) => {
  if (said.startsWith("SUBMIT_JOB")) connection.say(answer("JOB_CREATED", "H:1"));
  then(said, connection);
};

const worker = (type: PacketType, ...args: string[]) =>
  accepting((said, connection) => {
    if (said.startsWith("SUBMIT_JOB ")) connection.say(answer(type, "H:1", ...args));
  });

Deno.test("assign() submits node_assign with the node's facts and gives the manager's name", async () => {
  await using kit = await start(worker("WORK_COMPLETE", '{"manager": "manager-1"}'));
  deepEqual(await assign(kit), { manager: "manager-1" });
  equal(
    kit.said.at(-1),
    'SUBMIT_JOB node_assign:jenkins U {"name":"bare-1","host":"127.0.0.9","description":"a node","labels":"bare",' +
      '"root":"/home/jenkins"}',
  );
});

for (
  const [data, manager] of [["", null], ["{}", null], ['{"manager": null}', null], [
    '{"manager":"é"}',
    "é",
  ]] as const
) {
  Deno.test(`assign() takes ${JSON.stringify(data)} for the manager ${manager}`, async () => {
    await using kit = await start(worker("WORK_COMPLETE", data));
    deepEqual(await assign(kit), { manager });
  });
}

for (const data of ["no json", '{"manager": 7}', "null"]) {
  Deno.test(`assign() refuses the answer ${data}, and cannot tell what became of the node`, async () => {
    await using kit = await start(worker("WORK_COMPLETE", data));
    const error = await errorOf(assign(kit));
    equal(error.kind, "badAnswer");
    match(error.message, /^node_assign:jenkins at the Gearman server gear\.test:4730: the worker answered "/);
  });
}

Deno.test("assign() puts together an answer that comes in parts, whatever else is told of the job", async () => {
  await using kit = await start(accepting((said, connection) => {
    if (!said.startsWith("SUBMIT_JOB ")) return;
    connection.say(answer("WORK_STATUS", "H:1", "1", "2"), answer("WORK_DATA", "H:1", '{"manager": '));
    connection.say(answer("WORK_WARNING", "H:1", "slow"), answer("WORK_COMPLETE", "H:1", '"m"}'));
  }));
  deepEqual(await assign(kit), { manager: "m" });
});

Deno.test("assign() refuses an answer that never ends", async () => {
  await using kit = await start(accepting((said, connection) => {
    if (!said.startsWith("SUBMIT_JOB ")) return;
    for (let part = 0; part < 3; part++) connection.say(answer("WORK_DATA", "H:1", "x".repeat(500_000)));
  }));
  const error = await errorOf(assign(kit));
  equal(error.kind, "badAnswer");
  match(error.message, /longer than 1048576 bytes/);
});

Deno.test("assign() tells a worker's failure, its last warning and its exception", async () => {
  await using failing = await start(worker("WORK_FAIL"));
  const failed = await errorOf(assign(failing));
  equal(failed.kind, "failed");
  equal(failed.message, "node_assign:jenkins at the Gearman server gear.test:4730: the worker failed");

  await using warning = await start(accepting((said, connection) => {
    if (!said.startsWith("SUBMIT_JOB ")) return;
    connection.say(answer("WORK_WARNING", "H:1", "no room"), answer("WORK_FAIL", "H:1"));
  }));
  match((await errorOf(assign(warning))).message, /the worker failed: no room$/);

  await using breaking = await start(worker("WORK_EXCEPTION", "KeyError: name"));
  const broken = await errorOf(assign(breaking));
  equal(broken.kind, "exception");
  match(broken.message, /the worker threw an exception: KeyError: name$/);
});

Deno.test("assign() takes back a job that no worker took in time, as gearmand lets it", async () => {
  await using kit = await start(accepting((said, connection) => {
    if (said === "cancel job H:1") connection.say(answer("WORK_FAIL", "H:1"), "OK\r\n");
    if (said === "GET_STATUS H:1") connection.say(answer("STATUS_RES", "H:1", "1", "0", "0", "0"));
  }));
  const waiting = errorOf(assign(kit));
  await kit.clock.advance(60_000);
  const error = await waiting;
  equal(error.kind, "noWorker");
  match(error.message, /no worker took the job within 60 s; check that its manager is connected/);
});

const cannotTakeBack: readonly [string, Reply][] = [
  ["a worker has begun it", (said, connection) => {
    if (said === "cancel job H:1") connection.say(answer("WORK_FAIL", "H:1"), "OK\r\n");
    if (said === "GET_STATUS H:1") connection.say(answer("STATUS_RES", "H:1", "1", "1", "0", "0"));
  }],
  ["the server knows no such job", (said, connection) => {
    if (said === "cancel job H:1") connection.say("ERR UNKNOWN_JOB\r\n");
    if (said === "GET_STATUS H:1") connection.say(answer("STATUS_RES", "H:1", "0", "0", "0", "0"));
  }],
  ["the server cannot cancel", (said, connection) => {
    if (said === "cancel job H:1") connection.say("ERR UNKNOWN_COMMAND Unknown+server+commandcancel\r\n");
    if (said === "GET_STATUS H:1") connection.say(answer("STATUS_RES", "H:1", "1", "0", "0", "0"));
  }],
];
for (const [why, reply] of cannotTakeBack) {
  Deno.test(`assign() cannot tell what became of a job that is late where ${why}`, async () => {
    await using kit = await start(accepting(reply));
    const waiting = errorOf(assign(kit));
    await kit.clock.advance(60_000);
    const error = await waiting;
    equal(error.kind, "timeout");
    match(error.message, /the outcome is unknown: no response within 60 s/);
    equal(kit.gearman.servers[0]!.state.status, "connected");
  });
}

Deno.test("assign() cannot tell what became of a job where the server dies while it is taken back", async () => {
  await using kit = await start(accepting((said, connection) => {
    if (said === "cancel job H:1") connection.finish();
  }));
  const waiting = errorOf(assign(kit));
  await kit.clock.advance(60_000);
  equal((await waiting).kind, "lost");
});

Deno.test("assign() gives the answer that comes while the job is taken back", async () => {
  await using kit = await start(accepting((said, connection) => {
    if (said !== "cancel job H:1") return;
    connection.say(answer("WORK_COMPLETE", "H:1", '{"manager": "late"}'), "ERR UNKNOWN_JOB\r\n");
  }));
  const waiting = assign(kit);
  await kit.clock.advance(60_000);
  deepEqual(await waiting, { manager: "late" });
});

Deno.test("assign() takes the job back when it is aborted, also where the server accepts it only later", async () => {
  let connection: ScriptedConnection;
  await using kit = await start((said, by) => {
    if (said.startsWith("SUBMIT_JOB ")) connection = by;
  });
  const controller = new AbortController();
  const waiting = rejects(
    kit.gearman.assign("jenkins", node, { timeout: 60_000, signal: controller.signal }),
    /enough/,
  );
  await kit.clock.advance(0);
  controller.abort(new Error("enough"));
  await waiting;
  connection!.say(answer("JOB_CREATED", "H:1"));
  await kit.clock.advance(0);
  deepEqual(kit.said.slice(-2), ["cancel job H:1", "GET_STATUS H:1"]);
});

Deno.test("assign() says that the outcome is unknown where the connection ends while the job is out", async () => {
  for (const accepted of [true, false]) {
    await using kit = await start((said, connection) => {
      if (!said.startsWith("SUBMIT_JOB ")) return;
      if (accepted) connection.say(answer("JOB_CREATED", "H:1"));
      connection.finish();
    });
    const error = await errorOf(assign(kit));
    equal(error.kind, "lost");
    match(error.message, /the outcome is unknown: the connection ended while the job was running: it closed/);
  }
});

Deno.test("assign() tells why the server refuses a job", async () => {
  await using kit = await start((said, connection) => {
    if (said.startsWith("SUBMIT_JOB ")) connection.say(answer("ERROR", "QUEUE_ERROR", "queue is full"));
  });
  const error = await errorOf(assign(kit));
  equal(error.kind, "refused");
  match(error.message, /gear\.test:4730 refused: QUEUE_ERROR queue is full/);
});

Deno.test("assign() and revoke() say why no server can take the job", async () => {
  await using none = await start(() => {}, { servers: 0 });
  match((await errorOf(assign(none))).message, /no Gearman server is configured; add one to gearman-servers/);
  await using mute = await start(() => {}, { greets: false, servers: 2 });
  mute.server.refusal = new Error("connection refused");
  mute.server.connections[1]!.finish();
  await mute.clock.advance(0);
  const error = await errorOf(mute.gearman.revoke("manager", "bare-1", { signal }));
  equal(error.kind, "away");
  equal(
    error.message,
    "node_revoke:manager: no Gearman server is connected " +
      "(gear.test:4730: connecting; gear.test:4731: it closed the connection)",
  );
});

Deno.test("assign() chooses a server where a worker of the target is known to be", async () => {
  const submitted: number[] = [];
  const kit = await start((said, connection) => {
    const index = kit.server.connections.indexOf(connection);
    if (said === "status") connection.say(`node_assign:jenkins\t0\t0\t${index === 2 ? 1 : 0}\n.\n`);
    if (!said.startsWith("SUBMIT_JOB ")) return;
    submitted.push(index);
    connection.say(answer("JOB_CREATED", "H:1"), answer("WORK_COMPLETE", "H:1", ""));
  }, { servers: 4 });
  await using _kit = kit;
  for (let turn = 0; turn < 40; turn++) await assign(kit);
  deepEqual(new Set(submitted), new Set([0, 1, 2, 3]));
  submitted.length = 0;
  await kit.gearman.readDemand({ signal });
  for (let turn = 0; turn < 40; turn++) await assign(kit);
  deepEqual(new Set(submitted), new Set([2]));
  kit.server.connections[2]!.finish();
  await kit.clock.advance(2_000);
  submitted.length = 0;
  for (let turn = 0; turn < 40; turn++) await assign(kit);
  deepEqual(new Set(submitted), new Set([0, 1, 3, 4]), "what is known ends with the connection");
});

Deno.test("revoke() submits node_revoke in the background and waits only for the server to have it", async () => {
  await using kit = await start(accepting(() => {}));
  await kit.gearman.revoke("manager-1", "bare-1", { signal });
  equal(kit.said.at(-1), 'SUBMIT_JOB_BG node_revoke:manager-1 U {"name":"bare-1"}');
});

Deno.test("revoke() cannot tell whether a server has the job that says other things but does not accept it", async () => {
  const kit = await start((said, connection) => {
    if (said.startsWith("SUBMIT_JOB_BG")) chatter(connection);
  });
  const chatter = async (connection: ScriptedConnection) => {
    while (!connection.closed) {
      connection.say(answer("WORK_STATUS", "H:9", "1", "2"));
      await kit.clock.sleep(5_000);
    }
  };
  await using _kit = kit;
  const waiting = errorOf(kit.gearman.revoke("m", "bare-1", { signal }));
  await kit.clock.advance(60_000);
  const error = await waiting;
  equal(error.kind, "timeout");
  match(error.message, /node_revoke:m: the Gearman server gear\.test:4730 did not accept it within 60 s/);
  kit.server.newest.finish();
  await kit.clock.advance(5_000);
});

Deno.test("revoke() says that it cannot send a name with a NUL in it", async () => {
  await using kit = await start(accepting(() => {}));
  await rejects(kit.gearman.revoke("a\0b", "bare-1", { signal }), /an argument contains a NUL character/);
  equal(kit.gearman.servers[0]!.state.status, "connected");
});

Deno.test("readDemand() counts a server that breaks off in the middle of its answer for nothing", async () => {
  const kit = await start((said, connection) => {
    if (said !== "status") return;
    connection.say("build:a:small\t3\t0\t0\n");
    if (kit.server.connections.indexOf(connection) === 0) connection.say(".\n");
    else connection.finish();
  }, { servers: 2 });
  await using _kit = kit;
  deepEqual(await kit.gearman.readDemand({ signal }), new Map([["small", 3]]));
  deepEqual(kit.gearman.servers.map(({ port, state }) => [port, state.status]), [[4730, "connected"], [
    4731,
    "away",
  ]]);
});

Deno.test("readDemand() asks once for all who ask at the same time, and anew for those who ask later", async () => {
  await using kit = await start((said, connection) => {
    if (said === "status") connection.say("build:a:small\t3\t0\t0\n.\n");
  });
  const answers = await Promise.all([1, 2, 3].map(() => kit.gearman.readDemand({ signal })));
  deepEqual(answers, [1, 2, 3].map(() => new Map([["small", 3]])));
  equal(kit.said.filter((said) => said === "status").length, 1);
  await kit.gearman.readDemand({ signal });
  equal(kit.said.filter((said) => said === "status").length, 2);
});

Deno.test("readDemand() ends with the signal's reason, and the answer that comes then does no harm", async () => {
  let connection: ScriptedConnection;
  await using kit = await start((said, by) => {
    if (said === "status") connection = by;
  });
  const controller = new AbortController();
  const reading = rejects(kit.gearman.readDemand({ signal: controller.signal }), /enough/);
  await kit.clock.advance(0);
  controller.abort(new Error("enough"));
  await reading;
  const next = kit.gearman.readDemand({ signal });
  connection!.say("build:a:small\t3\t0\t0\n.\n");
  deepEqual(await next, new Map([["small", 3]]));
  await rejects(kit.gearman.readDemand({ signal: controller.signal }), /enough/);
});

Deno.test("readDemand() gives up a server that does not come to the end of its list within a minute", async () => {
  let count = 0;
  const kit = await start((said, connection) => {
    if (said === "status") drip(connection);
  });
  const drip = async (connection: ScriptedConnection) => {
    while (!connection.closed) {
      connection.say(`build:job-${count++}:small\t1\t0\t0\n`);
      await kit.clock.sleep(5_000).catch(() => {});
    }
  };
  await using _kit = kit;
  const reading = kit.gearman.readDemand({ signal });
  await kit.clock.advance(59_000);
  equal(kit.gearman.servers[0]!.state.status, "connected");
  await kit.clock.advance(1_000);
  deepEqual(await reading, new Map());
  const { state } = kit.gearman.servers[0]!;
  match(state.status === "away" ? state.message : "", /its status was not complete after 60 s/);
  await kit.clock.advance(5_000);
});

for (
  const [says, reason] of [["ERR NOT_PERMITTED Not+for+you", "NOT_PERMITTED Not for you"], [
    "ERR unknown ",
    "unknown",
  ]]
) {
  Deno.test(`readDemand() gives up a server that refuses to tell: ${reason}`, async () => {
    await using kit = await start((said, connection) => {
      if (said === "status") connection.say(`${says}\r\n`);
    });
    deepEqual(await kit.gearman.readDemand({ signal }), new Map());
    await kit.clock.advance(0);
    const { state } = kit.gearman.servers[0]!;
    equal(state.status === "away" && state.message, `the Gearman server gear.test:4730 refused: ${reason}`);
  });
}

const strangers: readonly [string, string | Uint8Array, RegExp][] = [
  [
    "an SSH server",
    "SSH-2.0-OpenSSH_9.2p1 Debian\r\n",
    /it sent "SSH-2\.0-OpenSSH_9\.2p1 Debian" out of turn/,
  ],
  ["a web server", "HTTP/1.1 400 Bad Request\r\n\r\n", /it sent "HTTP\/1\.1 400 Bad Request" out of turn/],
  ["noise", Uint8Array.from({ length: 200 }, (_, index) => index * 7), /not a Gearman packet/],
  ["an endless line", "x".repeat(20_000), /a line of over 16384 bytes/],
  [
    "a client",
    encodePacket("REQ", { type: "OPTION_REQ", args: ["exceptions"] }),
    /it sent OPTION_REQ out of turn/,
  ],
  [
    "an answer as a client would send it",
    encodePacket("REQ", { type: "OPTION_RES", args: [""] }),
    /it sent OPTION_RES out of turn/,
  ],
  ["a text of errors", "ERR WHAT\r\n", /it sent "ERR WHAT" out of turn/],
  ["a job that nobody asked for", answer("JOB_CREATED", "H:1"), /it sent JOB_CREATED out of turn/],
];
for (const [name, says, message] of strangers) {
  Deno.test(`a server that is none is told apart: ${name}`, async () => {
    await using kit = await start((_said, connection) => connection.say(says), { greets: false });
    const { state } = kit.gearman.servers[0]!;
    ok(state.status === "away", state.status);
    match(state.message, message);
    ok(kit.server.connections[0]!.closed);
  });
}

Deno.test("a server that does not know the option, but is one, is connected", async () => {
  await using kit = await start((_said, connection) => {
    connection.say(answer("ERROR", "UNKNOWN_OPTION", "Server does not recognize given option"));
  }, { greets: false });
  equal(kit.gearman.servers[0]!.state.status, "connected");
});

Deno.test("a server that stops answering in the middle is given up, and what was asked fails", async () => {
  await using kit = await start();
  const lost = errorOf(kit.gearman.revoke("m", "bare-1", { signal }));
  await kit.clock.advance(14_000);
  match(
    (await lost).message,
    /gear\.test:4730: the connection ended: no response for 10 s/,
  );
});

Deno.test("configure() keeps the connections to servers that stay, and the jobs that wait there", async () => {
  await using kit = await start(accepting(() => {}), { servers: 1 });
  const [first] = kit.server.connections;
  const assigning = assign(kit);
  await kit.clock.advance(0);
  await kit.gearman.configure([place(1), place(0)]);
  await kit.clock.advance(0);
  deepEqual(kit.gearman.servers.map(({ port, state }) => [port, state.status]), [
    [4731, "connected"],
    [4730, "connected"],
  ]);
  equal(kit.server.connections.length, 2);
  first!.say(answer("WORK_COMPLETE", "H:1", '{"manager": "manager-1"}'));
  deepEqual(await assigning, { manager: "manager-1" });
  await kit.gearman.configure([place(1)]);
  deepEqual([first!.closed, kit.gearman.servers.length], [true, 1]);
});
