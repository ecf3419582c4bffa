#!/usr/bin/env bash
# The main job, shown: a repository in a temporary folder takes /usr/include, /etc and a tree with every kind of entry,
# and what is restored is compared with the sources. Exit 0 only when nothing differs.
#
#   demo.sh VAULT        the program to show. Owners, devices and capabilities are root's business, so it runs as root.
set -euo pipefail

if ((EUID != 0)); then
  if sudo -n true 2>/dev/null; then exec sudo -n bash "$0" "$@"; fi
  echo "SKIP the demo: it needs root, and sudo without a password is not to be had"
  exit 0
fi

vault=$(realpath "$1")
readonly vault
support=$(realpath "$(dirname "$0")/support")
readonly support
work=$(mktemp -d "${TMPDIR:-/tmp}/vault-demo.XXXXXX")
readonly work
skipped=0
mounted=no
same_ext4=yes

clean_up() {
  if mountpoint -q "$work/disk/mnt"; then umount -l "$work/disk/mnt"; fi
  if [[ $mounted == yes ]]; then
    umount "$work/disk"
  elif [[ -d $work/disk ]]; then
    python3 -B "$support/make_tree.py" --remove "$work/disk"
  fi
  rm -rf "$work"
}
trap clean_up EXIT

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }

# Shows a command as a user would type it, and runs it.
show() {
  printf '$ %s\n' "$*"
  "$@"
}
vault() { "$vault" "$@"; }

skip() {
  skipped=$((skipped + 1))
  echo "SKIP $*"
}

# chattr flags are compared on one ext4: made as a loop device where the temporary folder is something else.
prepare_disk() {
  mkdir "$work/disk"
  if [[ $(stat -f -c %T "$work") == ext2/ext3 ]]; then return; fi
  truncate -s 4G "$work/disk.img"
  if mkfs.ext4 -q -F "$work/disk.img" && mount -o loop "$work/disk.img" "$work/disk" 2>"$work/mount.log"; then
    mounted=yes
  else
    same_ext4=no
    skip "chattr flags: no ext4 here and no loop mount ($(tr '\n' ' ' <"$work/mount.log"))"
  fi
}

first_lines() { sed -n "1,$1p"; }

compare() {
  local source=$1 copy=$2 options=()
  [[ $source == "$disk"/* && $same_ext4 == yes ]] || options=(--no-flags)
  python3 -B "$support/compare_trees.py" "$source" "$copy" "${options[@]}" >"$work/differences" || {
    cat "$work/differences"
    echo "DIFFERENT: $source and what was stored of it ($copy)"
    exit 1
  }
  echo "equal: $source ($(find "$source" | wc -l) lines of find)"
}

prepare_disk
readonly disk=$work/disk
export VAULT_REPOSITORY=$disk/repository VAULT_PASSWORD="correct horse battery staple" VAULT_CACHE_DIR=$disk/cache
export XDG_STATE_HOME=$disk/state
readonly sources=(/usr/include /etc "$disk/tree")

say "A tree with every kind of entry"
show python3 -B "$support/make_tree.py" "$disk/tree"

say "A new repository"
show vault init

say "Two snapshots: the second finds nothing changed"
show vault snapshot "${sources[@]}"
show vault snapshot "${sources[@]}"

say "What is in it"
show vault snapshots
show vault ls "latest:/usr/include" | first_lines 10
show vault du "latest:$disk/tree" | first_lines 10
du -sh "$VAULT_REPOSITORY"

say "History as files: a mount, compared with the sources as it stands"
if [[ -c /dev/fuse ]]; then
  mkdir "$disk/mnt"
  show vault mount "$disk/mnt"
  show ls "$disk/mnt" "$disk/mnt/snapshots"
  for source in "${sources[@]}"; do compare "$source" "$(realpath "$disk/mnt/latest")$source"; done
  show vault umount "$disk/mnt"
else
  skip "the mount: there is no /dev/fuse here"
fi

say "Everything back, and compared: rsync, hole maps, capabilities, link groups, nanoseconds, chattr flags"
show vault restore latest --target "$disk/restored" --as-is
for source in "${sources[@]}"; do compare "$source" "$disk/restored$source"; done

say "The demo is done: what was restored is what was stored, $skipped parts skipped"
