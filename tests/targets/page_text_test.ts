import assert from "node:assert/strict";
import { pageText } from "../../src/targets/jenkins/describe_refusal.ts";
import { accessDenied, containerError, failure, isLoading, oops } from "./jenkins_pages.ts";

const textOf = async (page: Response | string) =>
  pageText({
    body: new Uint8Array(await new Response(page instanceof Response ? page.body : page).arrayBuffer()),
  });

for (
  const [title, page, text] of [
    [
      "a refusal of Jenkins",
      failure("Agent called ‘a<b’ already exists"),
      "Agent called ‘a<b’ already exists",
    ],
    ["a refusal of its container", containerError(403, "No valid <crumb>"), "No valid <crumb>"],
    [
      "a missing right",
      accessDenied("robot", { name: "Agent/Create", id: "x" }),
      "robot is missing the Agent/Create permission",
    ],
    [
      "an exception",
      oops(),
      "A problem occurred while processing the request Logging ID=8f7b1c9e-0d55-4c35-a2f3-4b3d6d2a1c11",
    ],
    [
      "a start",
      isLoading(),
      "Please wait while Jenkins is getting ready to work Your browser will reload automatically when Jenkins is ready.",
    ],
    [
      "a proxy",
      "<html><head><title>502</title></head><body>Bad&nbsp;Gateway &#8212; try\n later</body></html>",
      "Bad Gateway — try later",
    ],
    ["plain text", "upstream timed out", "upstream timed out"],
    ["nothing", "", ""],
    ["a page that was cut off", "<p>Not now<!-- because", "Not now"],
    ["a long story", "x".repeat(1_000), `${"x".repeat(299)}…`],
  ] as const
) {
  Deno.test(`pageText() of ${title}`, async () => {
    assert.equal(await textOf(page), text);
  });
}

for (
  const part of ["<", "<!--", "<div ", "<script", "<pre>", "<title>Error 403 ", "&#", '<div id="main-panel">']
) {
  Deno.test(`pageText() of a long page of ${JSON.stringify(part)} is through in no time`, async () => {
    const startedAt = performance.now();
    await textOf(part.repeat(2 ** 20 / part.length));
    assert.ok(performance.now() - startedAt < 2_000);
  });
}
