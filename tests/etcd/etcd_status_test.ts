/** What each member of etcd says of itself, where no majority is left to be asked. */
import assert from "node:assert/strict";
import { openEtcd } from "../../src/etcd/etcd_gateway.ts";

/** A member as etcd 3.4 answers: alone, it has no leader, and refuses whatever a majority is needed for. */
function member(status: object) {
  const answer = (request: Request) => {
    if (request.url.endsWith("/metrics")) return new Response("etcd_server_quota_backend_bytes 8e+06\n");
    if (request.url.endsWith("/v3/maintenance/status")) return Response.json(status);
    return Response.json({ message: "etcdserver: no leader", code: 14 }, { status: 503 });
  };
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
}

const header = { cluster_id: "7", member_id: "486660514112753605", revision: "19", raft_term: "2" };

function statusOf(endpoints: readonly string[]) {
  const etcd = openEtcd({
    pool: "ci",
    endpoints,
    caCert: null,
    cert: null,
    key: null,
    user: null,
    password: null,
    control: { hostname: null, port: 0 },
  });
  return { etcd, status: etcd.status({ signal: AbortSignal.timeout(3_000) }) };
}

Deno.test("a member without a majority says so within a second, and so does one that is not there", async () => {
  await using alone = member({
    header,
    version: "3.4.23",
    dbSize: "20480",
    errors: ["etcdserver: no leader"],
  });
  const { etcd, status } = statusOf([`http://127.0.0.1:${alone.addr.port}`, "http://127.0.0.1:1"]);
  await using _etcd = etcd;
  const begun = performance.now();
  const [one, other] = await status;
  assert.ok(performance.now() - begun < 1_000);
  assert.equal(one?.problem, "it is cut off from the majority of the members");
  assert.deepEqual([one?.version, other?.version], ["3.4.23", null]);
  assert.match(other?.problem ?? "", /connection refused/);
});

Deno.test("a member tells its own alarms, not those of others", async () => {
  const errors = ["memberID:486660514112753605 alarm:NOSPACE ", "memberID:1  alarm:CORRUPT"];
  await using full = member({
    header,
    version: "3.4.23",
    dbSize: "262144",
    leader: header.member_id,
    errors,
  });
  const { etcd, status } = statusOf([`http://127.0.0.1:${full.addr.port}`]);
  await using _etcd = etcd;
  const [{ isFull, problem }] = await status as [Awaited<typeof status>[number]];
  assert.deepEqual([isFull, problem], [true, null]);
});
