/**
 * Completion in bash, zsh and fish on a terminal: a line is typed with Tab and Enter, and what counts is which arguments the
 * program gets then. The program is a script that passes `complete` on to this process and writes down all else.
 */
import { deepEqual } from "node:assert/strict";
import { testNeeding } from "../../needs.ts";
import { sampleConfig, sampleReport } from "../../views/sample_pool.ts";
import { CliBench } from "../run.ts";

const names = [
  "plain",
  "two words",
  "it's",
  'say "hi"',
  "a:colon:b",
  "$HOME`x`",
  "umläut",
  "semi;&|",
  "back\\slash",
];

/** What is typed, with Tab at its end or within, and the arguments that the program gets. */
const lines: readonly (readonly [string, ...string[]])[] = [
  ["lis\t", "list"],
  ["list --stat\tread\t", "list", "--state", "ready"],
  ["job-delete \t", "job-delete", "3"],
  ["acquire two\t", "acquire", "two words"],
  ["acquire 'two\t", "acquire", "two words"],
  ['acquire "two\t', "acquire", "two words"],
  ["acquire it\t", "acquire", "it's"],
  ["acquire say\t", "acquire", 'say "hi"'],
  ["acquire a:\t", "acquire", "a:colon:b"],
  ["acquire sem\t", "acquire", "semi;&|"],
  ["acquire bac\t", "acquire", "back\\slash"],
  ["acquire '$\t", "acquire", "$HOME`x`"],
  ["list --label=um\t", "list", "--label=umläut"],
  ["list --label=a:c\t", "list", "--label=a:colon:b"],
  ["-c /etc/hostn\t", "-c", "/etc/hostname"],
  ["list --config=/etc/hostn\t", "list", "--config=/etc/hostname"],
];

interface Shell {
  readonly command: string;
  /** @param share where install-files has put its script */
  setup(share: string): string;
}

const shells = {
  bash: {
    command: "bash --norc --noprofile -i",
    setup: (share) => `source "${share}/bash-completion/completions/nodepool"`,
  },
  zsh: {
    command: "zsh -f -i",
    setup: (share) => `fpath=("${share}/zsh/site-functions" $fpath); autoload -Uz compinit; compinit -D -u`,
  },
  fish: {
    command: "fish --no-config -i",
    setup: (share) => `set -p fish_complete_path "${share}/fish/vendor_completions.d"`,
  },
} satisfies Record<string, Shell>;

function program({ port, log }: { port: number; log: string }): string {
  return `#!/bin/bash
if [ "$1" = complete ]; then
  printf '%s\\0' "$@" | curl -s --noproxy '*' --data-binary @- http://127.0.0.1:${port}/
else
  { printf '%s\\0' "$@"; printf '\\n'; } >>'${log}'
fi
`;
}

async function openPlace() {
  await using made = new AsyncDisposableStack();
  const bench = made.use(await CliBench.open());
  const config = sampleConfig();
  const labels = names.map((name) => ({ ...config.labels[0]!, name }));
  bench.pool.current = sampleReport({ config: { ...config, labels } });
  bench.env["NODEPOOL_CONFIG"] = bench.configFile;
  const server = made.use(
    Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const words = (await request.text()).split("\0").slice(0, -1);
      const { stdout, stderr } = await bench.runBare({ name: "nodepool", file: null }, ...words);
      return new Response(stdout + stderr);
    }),
  );
  await bench.run("install-files", `${bench.folder}/a prefix`);
  await Deno.mkdir(`${bench.folder}/bin`);
  const log = `${bench.folder}/log`;
  await Deno.writeTextFile(`${bench.folder}/bin/nodepool`, program({ port: server.addr.port, log }), {
    mode: 0o755,
  });
  const resources = made.move();
  return { bench, log, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Types into a shell on a terminal. @returns what was on the screen */
async function type(
  text: string,
  { command, env }: { command: string; env: Record<string, string> },
): Promise<string> {
  const child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    env: { TERM: "xterm", SHELL: "/bin/sh", LC_ALL: "C.UTF-8", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  const { stdout } = await output;
  await writer.close().catch(() => {});
  return new TextDecoder().decode(stdout);
}

for (const [name, { command, setup }] of Object.entries(shells)) {
  testNeeding(
    [name as keyof typeof shells, "bash", "curl", "script"],
    `what Tab completes in ${name} is what the program gets, whatever the name is made of`,
    async () => {
      await using place = await openPlace();
      const { folder } = place.bench;
      const path = `${folder}/bin:${Deno.env.get("PATH")}`;
      const typed = [setup(`${folder}/a prefix/share`), ...lines.map(([line]) => `nodepool ${line}`), "exit"];
      const screen = await type(typed.map((line) => `${line}\r`).join(""), {
        command,
        env: { PATH: path, HOME: folder },
      });
      const got = (await Deno.readTextFile(place.log)).split("\n").slice(0, -1).map((line) =>
        line.split("\0").slice(0, -1)
      );
      deepEqual(got, lines.map(([, ...words]) => words), screen);
    },
  );
}
