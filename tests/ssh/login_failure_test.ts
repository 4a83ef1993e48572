import { equal, match } from "node:assert/strict";
import {
  closedEarly,
  failureOf,
  fileRefused,
  loginOutOfTime,
  type LoginStage,
  lostBefore,
  noSftp,
} from "../../src/ssh/login_failure.ts";
import type { LoginFailure } from "../../src/ssh/shell.ts";

const where = "login as ci to 10.0.0.5 port 22";

const cases: {
  readonly error: { readonly message: string; readonly level?: string; readonly code?: string };
  readonly stage: LoginStage;
  readonly failure: LoginFailure;
  readonly says: RegExp;
}[] = [
  { error: socketError("ECONNREFUSED"), stage: "connect", failure: "network", says: /connection refused/ },
  { error: socketError("EHOSTUNREACH"), stage: "connect", failure: "network", says: /no route to the host/ },
  {
    error: socketError("ENETUNREACH"),
    stage: "connect",
    failure: "network",
    says: /no route to the network/,
  },
  { error: socketError("ETIMEDOUT"), stage: "connect", failure: "network", says: /no response/ },
  { error: socketError("ENOTFOUND"), stage: "connect", failure: "network", says: /failed: socket ENOTFOUND/ },
  { error: socketError("ECONNRESET"), stage: "handshake", failure: "network", says: /reset/ },
  { error: socketError("ECONNRESET"), stage: "auth", failure: "network", says: /reset/ },
  { error: socketError("ECONNRESET"), stage: "command", failure: "command", says: /while the command ran/ },
  { error: socketError("ECONNRESET"), stage: "copy", failure: "command", says: /while files were copied/ },
  {
    error: { message: "Keepalive timeout", level: "client-timeout" },
    stage: "command",
    failure: "command",
    says: /broke while the command ran: the server stopped responding/,
  },
  {
    error: { message: "no matching cipher", level: "handshake" },
    stage: "handshake",
    failure: "handshake",
    says: /the SSH handshake failed: no matching cipher/,
  },
  {
    error: { message: "All configured authentication methods failed", level: "client-authentication" },
    stage: "auth",
    failure: "auth",
    says: /refused the key/,
  },
  {
    error: { message: "Too many authentication failures" },
    stage: "auth",
    failure: "auth",
    says: /the authentication failed: Too many/,
  },
];

function socketError(code: string) {
  return { message: `socket ${code}`, level: "client-socket", code };
}

for (const { error, stage, failure, says } of cases) {
  Deno.test(`failureOf() takes "${error.message}" during ${stage} for a failure of kind ${failure}`, () => {
    const found = failureOf(error, { stage, where });
    equal(found.failure, failure);
    match(found.message, says);
    equal(found.message.indexOf(where), 0);
    equal(found.cause, error);
  });
}

Deno.test("closedEarly() blames the step that was under way", () => {
  for (const stage of ["handshake", "auth", "command"] as const) {
    equal(closedEarly({ stage, where }).failure, stage);
  }
  equal(closedEarly({ stage: "copy", where }).failure, "command");
  match(closedEarly({ stage: "auth", where }).message, /closed the connection during the authentication$/);
});

Deno.test("outOfTime() says how long it took and what was under way", () => {
  const connecting = loginOutOfTime(2_500, { stage: "connect", where });
  equal(connecting.failure, "network");
  match(connecting.message, /after 2\.5 s: no response; check that the server runs/);
  match(
    loginOutOfTime(60_000, { stage: "handshake", where }).message,
    /after 60 s: the SSH handshake did not finish/,
  );
});

Deno.test("what fails on an open session is of kind `command`, and keeps its cause", () => {
  const error = new Error("Permission denied");
  const found = [
    lostBefore(error, { where }),
    noSftp(error, { where }),
    fileRefused("write /etc/passwd", { error, where }),
  ];
  for (const { failure, message, cause } of found) {
    equal(failure, "command");
    equal(message.indexOf(where), 0);
    equal(cause, error);
  }
  match(found[2]!.message, /: cannot write \/etc\/passwd: Permission denied$/);
});
