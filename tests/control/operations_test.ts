import assert from "node:assert/strict";
import { connectControl } from "../../src/control/control_client.ts";
import { answerControl } from "../../src/control/control_routes.ts";
import { greetingOf, misfit, PROTOCOL, SILENT_GREETING } from "../../src/control/greeting.ts";
import { checkedRequest } from "../../src/control/what_is_wrong.ts";
import { localPool } from "../../src/control/local_pool.ts";
import type { StatePool } from "../../src/control/operated_pool.ts";
import { type OperationName, operations } from "../../src/control/operations.ts";
import type { PoolClient } from "../../src/control/pool_client.ts";
import { serveControl } from "../../src/control/listen_control.ts";
import { VERSION } from "../../src/lib/build_info.ts";
import { type PoolList, poolLists, viewPool } from "../../src/views/view_pool.ts";
import { sampleReport } from "../views/sample_pool.ts";
import { ScriptedPool } from "./scripted_pool.ts";

const names = Object.keys(operations) as OperationName[];

/** A daemon that answers as it is told, by path; a client of it. */
async function daemonOf(
  answers: Readonly<Record<string, unknown>>,
  use: (client: PoolClient) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "np" });
  const path = `${folder}/pool.sock`;
  const server = Deno.serve({ path, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (!Object.hasOwn(answers, pathname)) {
      return Response.json({ error: `no route ${pathname}`, status: 404 }, { status: 404 });
    }
    const answer = answers[pathname];
    return typeof answer === "string" ? new Response(answer) : Response.json(answer);
  });
  try {
    await using client = await connectControl(path);
    await use(client!);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

const greeting = greetingOf(operations);
const jobList = JSON.parse(JSON.stringify(viewPool(sampleReport(), { name: "job-list" })));

Deno.test("every operation has a route of its own", () => {
  const routes = names.map((name) => operations[name].route.replaceAll(/:\w+/g, ":"));
  assert.equal(new Set(routes).size, routes.length);
});

Deno.test("the response of every list is as its schema says, whatever is in the pool", async () => {
  const folder = await Deno.makeTempDir({ prefix: "np" });
  const socketPath = `${folder}/pool.sock`;
  {
    const pool = new ScriptedPool();
    await using _server = await serveControl(pool, { socketPath, onDefect() {} });
    await using client = await connectControl(socketPath);
    for (const name of names.filter((name) => /list|status|dump|inventory/.test(name))) {
      await client!.ask(name, {} as never);
    }
    pool.grant(pool.current.nodes);
    assert.equal((await client!.ask("request-grant", { id: 9 })).nodes.length, pool.current.nodes.length);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an answer that is not what it should be names the operation and what is wrong", async () => {
  const [job] = jobList.jobs;
  const answer = { ...jobList, jobs: [job, { ...job, held: "two" }] };
  await daemonOf({ "/": greeting, "/views/job-list": answer, "/dump": "<html>" }, async (client) => {
    await assert.rejects(client.ask("job-list", {}), {
      message: /^the daemon sent an invalid response to job-list: jobs\.1\.held: .*number.*"two"$/,
    });
    await assert.rejects(client.ask("dump", {}), {
      message: /^the daemon sent an invalid response to dump: .*Object.*<html>/,
    });
  });
});

Deno.test("what is no daemon's answer is told as such, and no more than its beginning", async () => {
  const page = `<html>${"x".repeat(5_000)}`;
  for (const answer of [page, "", "null", "[]"]) {
    await daemonOf({ "/": answer, "/views/job-list": answer }, async (client) => {
      const questions = [() => client.ask("job-list", {}), () => client.ask("hold", { ids: [1] } as never)];
      for (const ask of questions) {
        const { message } = await ask().then(() => assert.fail(), (error) => error as Error);
        assert.match(
          message,
          /^the daemon at .+ sent an invalid greeting: .*; check that nothing else listens there$/,
        );
        assert.ok(message.length < 500, message);
      }
    });
  }
});

Deno.test("what a newer daemon says besides is kept, and no reason to refuse its answer", async () => {
  const newer = {
    ...jobList,
    weather: "fine",
    jobs: jobList.jobs.map((job: object) => ({ ...job, mood: 1 })),
  };
  await daemonOf(
    { "/": { ...greeting, nodepool: "99.0.0", also: 1 }, "/views/job-list": newer },
    async (client) => {
      assert.deepEqual(await client.ask("job-list", {}), newer);
    },
  );
});

Deno.test("a daemon of 0.3.0, which sends no greeting, is asked what it knows", async () => {
  const { groups: _, ...node } = JSON.parse(JSON.stringify({ groups: [], id: 1, subnodes: [] })) as never as {
    groups: string[];
  } & Record<string, unknown>;
  const acquired = {
    ...node,
    hostname: "h",
    server_id: null,
    public_v4: null,
    public_v6: null,
    private_v4: null,
    connection: null,
    label: "l",
    image: "i",
    provider: "p",
    az: null,
  };
  const grant = { version: 1, request: 9, nodes: [acquired] };
  await daemonOf({ "/views/job-list": jobList, "/requests/9/grant": grant }, async (client) => {
    assert.deepEqual(await client.ask("job-list", {}), jobList);
    assert.deepEqual(await client.ask("request-grant", { id: 9 }), grant);
  });
  assert.ok(SILENT_GREETING.operations.every((name) => Object.hasOwn(operations, name)));
});

Deno.test("who is too old is said, and what to do", async () => {
  const silent = misfit(SILENT_GREETING, "explain");
  assert.equal(
    silent,
    `the daemon is too old: it runs nodepool 0.3.0, this is ${VERSION}; restart the daemon with this version ` +
      "(it does not know explain)",
  );
  const newer = { ...greeting, nodepool: "99.0.0", protocol: PROTOCOL + 2, oldest_protocol: PROTOCOL + 1 };
  const tooOld =
    `this nodepool (${VERSION}) is too old for the daemon, which runs 99.0.0: use the daemon's version`;
  assert.equal(misfit(newer, "job-list"), tooOld);
  assert.equal(misfit({ ...greeting, protocol: PROTOCOL + 1 }, "job-list"), null);
  assert.match(
    misfit({ ...greeting, nodepool: "0.10.0", operations: [] }, "job-list")!,
    /^this nodepool .*too old/,
  );
  await daemonOf({ "/": newer, "/reload": { changes: [], problems: [] } }, async (client) => {
    await assert.rejects(client.ask("reload", {}), { message: tooOld });
    await assert.rejects(client.ask("job-list", {}), { message: tooOld });
  });
  using control = answerControl(new ScriptedPool(), { onDefect() {} });
  const headers = { "nodepool-protocol": "0" };
  const refusal = await control.handle(new Request("http://localhost/views/job-list", { headers }));
  assert.deepEqual([refusal.status, (await refusal.json()).error], [
    400,
    `this nodepool is too old for the daemon, which runs ${VERSION}: use the daemon's version`,
  ]);
  const older = { ...greeting, nodepool: "0.0.1" };
  await daemonOf({ "/": older, "/views/job-list": { ...jobList, jobs: null } }, async (client) => {
    await assert.rejects(client.ask("job-list", {}), { message: /jobs: .*; the daemon is too old: it runs/ });
  });
});

Deno.test("an option that the daemon does not know is refused, not passed over", async () => {
  const folder = await Deno.makeTempDir({ prefix: "np" });
  const socketPath = `${folder}/pool.sock`;
  {
    const pool = new ScriptedPool();
    await using _server = await serveControl(pool, { socketPath, onDefect() {} });
    await using client = await connectControl(socketPath);
    const force = { ids: [1], comment: "x", force: true };
    await assert.rejects(client!.ask("delete", force), {
      status: 400,
      message: `nodepool ${VERSION} does not know "force" here`,
    });
    const since = { job: "x", since: "yesterday" };
    await assert.rejects(client!.ask("job-list", since), {
      status: 400,
      message: `nodepool ${VERSION} does not know "since" here`,
    });
    assert.deepEqual(pool.calls, []);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("without a daemon, whatever needs one is refused, and nothing else by itself", async () => {
  const pool = { daemon: null, report: sampleReport, [Symbol.asyncDispose]: () => Promise.resolve() };
  await using client = localPool(pool as unknown as StatePool & AsyncDisposable);
  const refused = names.filter((name) => operations[name].needs === "daemon");
  assert.ok(refused.includes("request") && !refused.includes("hold"));
  for (const name of refused) {
    await assert.rejects(client.ask(name, {} as never), {
      status: 503,
      message: "no daemon is running: start it with `nodepool daemon`",
    });
  }
  assert.deepEqual(
    (await client.ask("job-list", {})).jobs,
    viewPool(sampleReport(), { name: "job-list" }).jobs,
  );
});

Deno.test("texts and names that are too long are refused without a daemon, too, with the limit", async () => {
  const pool = { daemon: null, report: sampleReport, [Symbol.asyncDispose]: () => Promise.resolve() };
  await using client = localPool(pool as unknown as StatePool & AsyncDisposable);
  const [long, longer] = ["x".repeat(300), "x".repeat(5_000)];
  const hold = { ids: [1], reason: longer, owner: null, duration: null };
  const refused = { status: 400, message: "reason: use at most 1,000 characters" };
  await assert.rejects(client.ask("hold", hold), refused);
  await assert.rejects(client.ask("show", { name: long }), { message: "name: use 1 to 255 characters" });
  for (const request of [{ job: long, holdOnFailure: 1 }, { job: long, result: null, ids: [1] }]) {
    const asked = client.ask("ids" in request ? "release" : "job-create", request as never);
    await assert.rejects(asked, { message: "job: use 1 to 255 printable characters" });
  }
  const spec = { label: "x", count: 1, job: long, client: null, deadline: null };
  assert.throws(() => checkedRequest(operations.request.request, spec), {
    message: "job: use 1 to 255 printable characters",
  });
});

Deno.test("lists that need the state alone show nothing of the configuration", () => {
  const report = sampleReport();
  for (const [name, { needs = "state", view }] of Object.entries<PoolList>(poolLists)) {
    if (needs !== "state") continue;
    const bare = { ...report, config: null, labels: [], providers: [] };
    assert.deepEqual(view(bare, {}), view(report, {}), name);
  }
});
