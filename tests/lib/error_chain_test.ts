import { equal, ok } from "node:assert/strict";
import { errorChain } from "../../src/lib/error_chain.ts";

Deno.test("errorChain() puts an error and its causes on one line", () => {
  const error = new Error("can't list servers", {
    cause: new Error("request failed", { cause: new TypeError("connection refused") }),
  });
  equal(errorChain(error), "can't list servers: request failed: connection refused");
});

Deno.test("errorChain() leaves out a cause that is said already", () => {
  const cause = new Error("no such file", { cause: new Error("ENOENT") });
  equal(
    errorChain(new Error("can't read a.yaml: no such file", { cause })),
    "can't read a.yaml: no such file: ENOENT",
  );
});

Deno.test("errorChain() says in a few words what the machine says of a file that is named already", () => {
  const denied = new Deno.errors.PermissionDenied("Permission denied (os error 13): open '/keys/a b'");
  equal(
    errorChain(new Error("cannot write /keys/a b", { cause: denied })),
    "cannot write /keys/a b: permission denied",
  );
  equal(
    errorChain(new Error("cannot write /keys/a b: permission denied", { cause: denied })),
    "cannot write /keys/a b: permission denied",
  );
  equal(errorChain(new Error("cannot write", { cause: denied })), `cannot write: ${denied.message}`);
  equal(errorChain(denied), denied.message);
});

Deno.test("errorChain() makes one line of several", () => {
  equal(errorChain(new Error("first\n   second \r\n\nthird\n")), "first second third");
});

Deno.test("errorChain() shows what is thrown without being an error", () => {
  equal(errorChain("plain"), "plain");
  equal(errorChain({ code: 7 }), '{"code":7}');
  equal(errorChain(undefined), "undefined");
  equal(errorChain(null), "null");
  equal(errorChain(new Error("a", { cause: "b" })), "a: b");
  equal(errorChain(Symbol("s")), "Symbol(s)");
});

Deno.test("errorChain() shows what can't be shown by what it is", () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  equal(errorChain(circle), "[object Object]");
  equal(errorChain(Object.create(null)), "{}");
});

Deno.test("errorChain() names an error that has no message", () => {
  equal(errorChain(new TypeError()), "TypeError");
  equal(errorChain(new DOMException("", "AbortError")), "AbortError");
});

Deno.test("errorChain() tells the parts of several errors at once, each once", () => {
  const parts = [new Error("connect ECONNREFUSED ::1:80"), new Error("connect ECONNREFUSED 127.0.0.1:80")];
  equal(
    errorChain(new Error("no answer", { cause: new AggregateError([...parts, parts[0]]) })),
    "no answer: connect ECONNREFUSED ::1:80; connect ECONNREFUSED 127.0.0.1:80",
  );
});

Deno.test("errorChain() ends where a chain goes in circles or is endless", () => {
  const first = new Error("first");
  first.cause = new Error("second", { cause: first });
  equal(errorChain(first), "first: second");
  let deep: Error | undefined;
  for (let level = 100; level > 0; level--) deep = new Error(`<${level}>`, { cause: deep });
  const text = errorChain(deep);
  ok(text.startsWith("<1>: <2>") && text.length < 100, text);
});
