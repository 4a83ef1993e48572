/** CHANGELOG.md as apt and Debian's tools read it. */
import { equal, ok } from "node:assert/strict";
import { debianChangelog } from "../../scripts/debian/changelog.ts";

const markdown = `# Changelog

Words before.

## [1.1.0] - Unreleased

A motto.

### Upgrading

- Stop the daemon, and read
  [the manual](manual.md) first, since there are more words here than fit into one line of a terminal.

### Added

- Pools.

## [1.0.0] - 2026-11-28

### Added

- All.
`;

const options = { maintainer: "Somebody <somebody@example.org>", now: Date.UTC(2026, 10, 30, 1, 2, 3) };

Deno.test("each version is an entry of Debian's changelog, with all of its changes and its date", () => {
  equal(
    debianChangelog(markdown, { ...options, kind: "changelog" }),
    `nodepool (1.1.0-1) unstable; urgency=medium

  * Stop the daemon, and read the manual first, since there are more words
    here than fit into one line of a terminal.

  * Pools.

 -- Somebody <somebody@example.org>  Mon, 30 Nov 2026 01:02:03 +0000

nodepool (1.0.0-1) unstable; urgency=medium

  * All.

 -- Somebody <somebody@example.org>  Sat, 28 Nov 2026 12:00:00 +0000
`,
  );
});

Deno.test("the news before an upgrade are what users must do, in versions that ask for something", () => {
  equal(
    debianChangelog(markdown, { ...options, kind: "news" }),
    `nodepool (1.1.0-1) unstable; urgency=medium

  Stop the daemon, and read the manual first, since there are more words here
  than fit into one line of a terminal.

 -- Somebody <somebody@example.org>  Mon, 30 Nov 2026 01:02:03 +0000
`,
  );
});

Deno.test("the project's own changelog has an entry for each of its versions", async () => {
  const own = await Deno.readTextFile(new URL("../../CHANGELOG.md", import.meta.url));
  const versions = [...own.matchAll(/^## \[(.*?)\]/gm)].map(([, version]) => version);
  const text = debianChangelog(own, { ...options, kind: "changelog" });
  equal([...text.matchAll(/^nodepool \((.*)-1\) /gm)].map(([, version]) => version).join(), versions.join());
  ok(text.split("\n").every((line) => line.length <= 78 || /^ -- |^ *\S+$/.test(line)), text);
});
