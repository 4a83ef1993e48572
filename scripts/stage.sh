# What scripts/compile and scripts/package make the program of: its code, its Deno, and the lines that start the one with
# the other. Who sources it has set `root`, and `work` to a folder for what is not kept.

deno=$root/scripts/deno
# A small young generation, and an old one that is collected early and compacted: the peak of a daemon that launches 600 nodes
# is 140 MiB instead of 280, for half more processor time (6.5 s instead of 4.4). A list of thousands of nodes takes a fifth
# longer with them, so that the self-extracting program, which can choose, has them for daemons only.
memory=(--v8-flags=--max-semi-space-size=2,--memory-saver-mode)
# Commands are over before V8's most thorough compiler, or collecting its old generation, has earned its own time. 4 MiB for young
# objects: a short command ends before they are full, and the records of a list of thousands of nodes are copied out of them
# with little memory touched. That list takes a tenth less time and 40 MiB less than with V8's own choices.
haste=(--v8-flags=--no-turbofan,--min-semi-space-size=4,--max-semi-space-size=4,--initial-heap-size=64)

permissions=()
while IFS= read -r line; do
  case $line in --*) permissions+=("$line") ;; esac
done <"$root/scripts/permissions"

# When the sources were made, so that the same ones become the same program.
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}

commit() {
  git -C "$root" describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown
}

# The program as a bundle: some two hundred files instead of a thousand, which every start looks at. What a command loads
# only when it needs it stays in files of its own, and a stack still names the sources and their lines, by maps.
# Optional native parts of packages, which would need a compiler, are left out.
stage_program() { # FOLDER
  local sources=$work/sources
  mkdir -p "$sources" "$1/src"
  cp -R "$root/mod.ts" "$root/src" "$root/deno.json" "$root/deno.lock" "$sources"
  cp "$root/README.md" "$root/config.example.yaml" "$sources" # topics of the manual
  chmod -R u+w "$sources" # a checkout may be read-only
  "$deno" run --quiet --no-config --allow-read="$sources" --allow-write="$sources" "$root/scripts/join_chunks.ts" "$sources"
  # Two folders deep, as the modules in src/lib are: what looks for the program's folder starts from its own place.
  (cd "$sources" && "$deno" bundle --quiet --frozen --platform deno --code-splitting --sourcemap=linked \
    --external cpu-features --external ./crypto/build/Release/sshcrypto.node --external unix-dgram \
    --outdir src/bundle mod.ts) || {
    echo "scripts/compile: cannot bundle the program; is ${NPM_CONFIG_REGISTRY:-the npm registry} reachable?" >&2
    exit 1
  }
  mv "$sources/src/bundle" "$1/src"
  # What CommonJS modules know their own place by. No line may be added, or the maps would not fit.
  local file
  { grep -lwE '__dirname|__filename' "$1"/src/bundle/*.js || true; } | while IFS= read -r file; do
    { printf 'const __dirname = import.meta.dirname, __filename = import.meta.filename; '; cat "$file"; } >"$file.new"
    mv "$file.new" "$file"
  done
  licenses "$sources" "$1" >"$1/LICENSES"
  "$deno" run --quiet --no-config --allow-read="$1" --allow-write="$1" "$root/scripts/line_maps.ts" "$1"/src/bundle/*.map
  # What CommonJS modules ask for is Deno's own; the bundle's way to it takes a third of the time of a short command.
  sed -i.old -e 's/^import { createRequire as __deno_internal_createRequire } from "node:module";$//' \
    -e 's/^var __require = __deno_internal_createRequire(import.meta.url);$/var __require = name => process.getBuiltinModule(name) ?? (() => { throw new Error(`there is no module ${name}`); })();/' \
    "$1"/src/bundle/*.js
  # Deno reads at the start all that the text names, whatever is imported later: a command is to read only its own parts.
  # The daemon reads its own all at once, so that it needs no file once it runs.
  local tree
  tree=$(grep -lx '// src/cli/program.ts' "$1"/src/bundle/*.js || true)
  find "$1/src/bundle" '(' -name mod.js -o -name 'main-*.js' -o -name "${tree##*/}" -o -name 'offline_pool-*.js' \
    -o -name 'control_client-*.js' ')' -exec sed -i.old -e 's/import("\(\.\/[^"]*\)")/import(String("\1"))/g' {} +
  # Commander imports these for commands that are programs of their own, which nodepool has none of. What of node:process
  # others need, they ask for later, if at all; to load it takes a tenth of the time of a short command.
  local later='new Proxy({}, { get: (_, key) => globalThis.process.getBuiltinModule("\2")[key] });'
  sed -i.old -e "s/^import \(childProcess\|fs\|process[0-9]*\) from \"\(node:[a-z_]*\)\";\$/const \1 = $later/" \
    -e "s/^    var \(node_process\) = __require(\"\(node:process\)\");\$/    var \1 = $later/" "$1"/src/bundle/*.js
  rm "$1"/src/bundle/*.old
  warm_up_module >"$1/src/warm_up.js"
  settle_module >"$1/src/settle.js"
  echo "{ \"commit\": \"$(commit)\" }" >"$1/build_info.json"
  "$deno" eval 'const { unstable } = JSON.parse(Deno.readTextFileSync(Deno.args[0])); console.log(JSON.stringify({ unstable }))' \
    "$root/deno.json" >"$1/deno.json"
  chmod -R u=rwX,go= "$1"
}

# Deno analyses and compiles each module once and keeps the results in its cache. A process that has to do so never gives
# back the 50 MiB that it takes, so that the first daemon of each version would have them until it is restarted. This
# does it before, in a process of its own.
warm_up_module() {
  cat <<'END'
for (const { name } of Deno.readDirSync(`${import.meta.dirname}/bundle`)) {
  if (name.endsWith(".js")) await import(`./bundle/${name}`).catch(() => {});
}
Deno.exit();
END
}

# Deno's caches are databases whose journals nobody empties, as each process ends without closing them.
settle_module() {
  cat <<'END'
import { DatabaseSync } from "node:sqlite";
const [folder] = Deno.args;
for (const { name } of Deno.readDirSync(folder)) {
  if (name.endsWith("_cache_v2")) new DatabaseSync(`${folder}/${name}`).exec("PRAGMA wal_checkpoint(TRUNCATE)");
}
END
}

# The licenses of the packages that the bundle holds, which ask to be given along.
licenses() { # SOURCES PROGRAM
  local package
  grep -ho 'node_modules/\.deno/[^/"]*/node_modules/\(@[^/"]*/\)\?[^/"]*' "$2"/src/bundle/*.map | LC_ALL=C sort -u |
    while IFS= read -r package; do
      echo "== ${package##*/node_modules/}"
      find "$1/$package" -maxdepth 1 -iname 'licen[cs]e*' -exec cat {} +
      echo
    done
}

deno_file() {
  "$deno" eval 'console.log(Deno.execPath())'
}

# The links are the program's names, so that processes have them too.
stage_deno() { # FOLDER
  local name
  mkdir -p "$1"
  cp "$(deno_file)" "$1/deno"
  chmod u=rwx,go= "$1" "$1/deno"
  for name in nodepool nodepoold nodepool-builder; do ln -s deno "$1/$name"; done
}

# The last lines of a program: its code is in `folder`, its Deno is `deno`, and what Deno keeps of it is beside `copy`; apart
# for daemons, whose options make V8 refuse what it made without them.
starting_lines() {
  local options
  options="--quiet --cached-only --no-lock --config \"\$folder/deno.json\" \\
  \$v8_flags $(printf "'%s' " "${permissions[@]}")"
  cat <<END
export DENO_DIR="\$copy.deno/\${daemon:+daemon}" DENO_NO_UPDATE_CHECK=1 DENO_TLS_CA_STORE="\${DENO_TLS_CA_STORE:-system,mozilla}"
export NODEPOOL_PROGRAM="\$0"
if [ -n "\$daemon" ]; then v8_flags=${memory[*]}; else v8_flags=${haste[*]}; fi
warm_up $options
start run $options"\$folder/src/bundle/mod.js" "\$@"
exit 1
END
}
