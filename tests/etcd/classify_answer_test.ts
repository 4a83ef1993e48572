/** What answers of real members (3.4.23, and 3.6 where it differs) mean, word by word. */
import assert from "node:assert/strict";
import { classifyAnswer } from "../../src/etcd/classify_answer.ts";

/** As 3.4 and 3.5 write one. */
function refusal(code: number, text: string) {
  return { error: text, message: text, code };
}

const USER = { user: "nodepool", hasPassword: true, pool: "ci" };
const verdictOf = (status: number, body: unknown, options = USER) => {
  const verdict = classifyAnswer({ status, body }, options);
  return verdict.is === "refused" ? verdict.kind : verdict.is;
};

const answers: readonly [string, number, unknown, string][] = [
  ["an answer", 200, { header: { revision: "2" } }, "done"],
  [
    "a compacted revision",
    400,
    refusal(11, "etcdserver: mvcc: required revision has been compacted"),
    "compacted",
  ],
  [
    "a revision to come",
    400,
    refusal(11, "etcdserver: mvcc: required revision is a future revision"),
    "refused",
  ],
  ["a full database", 429, refusal(8, "etcdserver: mvcc: database space exceeded"), "full"],
  ["a member with too much to do", 429, refusal(8, "etcdserver: too many requests"), "elsewhere"],
  [
    "a request beyond gRPC's limit",
    429,
    refusal(8, "grpc: received message larger than max (3600008 vs. 2097152)"),
    "refused",
  ],
  ["a request beyond etcd's limit", 400, refusal(3, "etcdserver: request is too large"), "refused"],
  ["a lease that has ended", 404, refusal(5, "etcdserver: requested lease not found"), "gone"],
  ["a user without rights", 403, refusal(7, "etcdserver: permission denied"), "unauthorized"],
  [
    "a wrong password",
    400,
    refusal(3, "etcdserver: authentication failed, invalid user ID or password"),
    "unauthorized",
  ],
  ["a token that has ended", 401, refusal(16, "etcdserver: invalid auth token"), "login"],
  [
    "users that changed meanwhile",
    400,
    refusal(3, "etcdserver: revision of auth store is old"),
    "login",
  ],
  [
    "users where there were none",
    400,
    refusal(3, "etcdserver: user name is empty"),
    "login",
  ],
  [
    "an etcd without users",
    412,
    refusal(9, "etcdserver: authentication is not enabled"),
    "withoutLogin",
  ],
  ["a member without a leader", 503, refusal(14, "etcdserver: no leader"), "elsewhere"],
  ["a member that lost its leader meanwhile", 503, refusal(14, "etcdserver: leader changed"), "unknown"],
  ["a member without a majority", 503, refusal(14, "etcdserver: request timed out"), "unknown"],
  [
    "the same after its leader's death",
    503,
    refusal(14, "etcdserver: request timed out, possibly due to previous leader failure"),
    "unknown",
  ],
  ["a member that stops", 503, refusal(14, "etcdserver: server stopped"), "unknown"],
  [
    "a refusal in the middle of a stream",
    200,
    { error: { grpc_code: 14, http_code: 503, message: "etcdserver: no leader" } },
    "elsewhere",
  ],
  [
    "the same of 3.6",
    200,
    { error: { code: 16, message: "etcdserver: invalid auth token", details: [] } },
    "login",
  ],
  [
    "a refusal of 3.6",
    429,
    { code: 8, message: "etcdserver: mvcc: database space exceeded", details: [] },
    "full",
  ],
  [
    "a client certificate with a common name",
    400,
    "CommonName of client sending a request against gateway will be ignored and not used as expected\n",
    "refused",
  ],
  ["an etcd without its gateway", 404, "404 page not found\n", "refused"],
  ["another web server", 200, "<html>It works!</html>", "strange"],
  ["an answer that is empty", 200, "", "strange"],
  ["a learner", 503, refusal(14, "etcdserver: rpc not supported for learner"), "elsewhere"],
  ["a learner of 3.6", 400, refusal(9, "etcdserver: rpc not supported for learner"), "elsewhere"],
  ["members whose data differ", 500, refusal(15, "etcdserver: corrupt cluster"), "refused"],
  ["a proxy whose etcd is gone", 502, "<html>Bad Gateway</html>", "unknown"],
];

for (const [name, status, body, expected] of answers) {
  Deno.test(`classifyAnswer() knows ${name}`, () => assert.equal(verdictOf(status, body), expected));
}

Deno.test("classifyAnswer() advises to set a user where etcd asks for one and there is none", () => {
  const asking = [
    [400, "etcdserver: user name is empty", 3],
    [401, "etcdserver: invalid auth token", 16],
    [403, "etcdserver: permission denied", 7],
  ] as const;
  for (const [status, text, code] of asking) {
    const verdict = classifyAnswer({ status, body: refusal(code, text) }, { ...USER, user: null });
    assert.ok(verdict.is === "refused" && verdict.kind === "unauthorized");
    assert.match(verdict.message, /set etcd\.user/);
  }
});

Deno.test("classifyAnswer() says who needs which right", () => {
  const verdict = classifyAnswer({ status: 403, body: refusal(7, "etcdserver: permission denied") }, USER);
  assert.ok(verdict.is === "refused");
  assert.match(verdict.message, /^nodepool may not .* readwrite on the prefix \/nodepool\/ci\/$/);
});

Deno.test("classifyAnswer() advises to set the password where none is given", () => {
  const text = "etcdserver: authentication failed, invalid user ID or password";
  const verdict = classifyAnswer({ status: 400, body: refusal(3, text) }, { ...USER, hasPassword: false });
  assert.ok(verdict.is === "refused" && verdict.kind === "unauthorized");
  assert.match(verdict.message, /set it in the section \[etcd\] of secure\.conf/);
});
