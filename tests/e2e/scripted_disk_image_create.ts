/** A `disk-image-create` that takes the real one's options and time, and makes small files: a shell script. */

/** @param options `seconds`: how long it takes, half of it with half-made files lying there */
export function scriptedDiskImageCreate({ seconds }: { seconds: number }): string {
  return `#!/bin/bash
# disk-image-create -x -t FORMATS --no-tmpfs [--qemu-img-options OPTIONS] -o PATH ELEMENT…
set -eu
formats=qcow2 path=image
while [ $# -gt 0 ]; do
  case "$1" in
    -t) formats=$2; shift 2 ;;
    -o) path=$2; shift 2 ;;
    --qemu-img-options) shift 2 ;;
    *) shift ;;
  esac
done
echo "building $DIB_IMAGE_NAME"
sleep ${seconds / 2}
for format in \${formats//,/ }; do printf half >"$path.$format"; done
mkdir -p "$path.d"
sleep ${seconds / 2}
for format in \${formats//,/ }; do echo "$path.$format of $DIB_IMAGE_NAME" >"$path.$format"; done
echo done
`;
}
