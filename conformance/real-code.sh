#!/bin/sh
# Builds the Windows back ends of three public code bases with `winpages cc`, and uses each from a
# small program; one of them, mimalloc, also as the process's malloc. Their sources come from the
# crates that carry them, at the versions below.
#
# Says for each what happened, with the functions that are still missing; fails if one of them does
# not compile or link, or runs and gives a wrong answer.
set -eu
cd "$(dirname "$0")/.."
here=$PWD/conformance/real-code
work=$PWD/target/real-code
winpages=${WINPAGES:-$PWD/target/debug/winpages}

[ -n "${WINPAGES-}" ] || cargo build --quiet --package winpages-cli

mkdir -p "$work/src"
: >"$work/src/lib.rs"
cat >"$work/Cargo.toml" <<'MANIFEST'
[package]
name = "sources"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
libmimalloc-sys = "=0.1.49"
lmdb-master-sys = "=0.2.6"
libsqlite3-sys = "=0.39.1"
MANIFEST
(cd "$work" && cargo vendor --quiet --versioned-dirs vendor >/dev/null)
mimalloc=$work/vendor/libmimalloc-sys-0.1.49/c_src/mimalloc
lmdb=$work/vendor/lmdb-master-sys-0.2.6/lmdb/libraries/liblmdb
sqlite=$work/vendor/libsqlite3-sys-0.39.1/sqlite3

failed=false

# check NAME 'FLAGS' EXPECTED-OUTPUT SOURCE...: compile, link with real-code/NAME.c, or NAME without
# what follows a hyphen, and with the flags in $link_flags, and run.
link_flags=
check() {
    name=$1 flags=$2 expected=$3
    shift 3
    directory=$work/$name
    rm -rf "$directory"
    mkdir "$directory"
    objects=
    for source in "$@" "$here/${name%%-*}.c"; do
        object=$directory/$(basename "$source" .c)-$(echo "$objects" | wc -w).o
        objects="$objects $object"
        # shellcheck disable=SC2086 # the flags are words
        if ! "$winpages" cc -O1 -w $flags -c "$source" -o "$object" >"$directory/messages" 2>&1; then
            echo "$name: does not compile: $source"
            grep -E 'error|winpages:' "$directory/messages" | head -20
            failed=true
            return
        fi
    done
    # shellcheck disable=SC2086
    if ! "$winpages" cc $objects $link_flags -o "$directory/program" >"$directory/messages" 2>&1; then
        echo "$name: compiles; what it still misses:"
        sed -n "s/.*undefined reference to [\`']\(.*\)'.*/    \1/p" "$directory/messages" | sort -u
        grep -q 'undefined reference' "$directory/messages" || cat "$directory/messages"
        failed=true
        return
    fi
    code=0
    output=$(cd "$directory" && timeout 120 ./program 2>"$directory/messages") || code=$?
    if [ "$code" = 0 ] && [ "$output" = "$expected" ]; then
        echo "$name: compiles, links and works"
    else
        echo "$name: compiles and links, but ends with $code and says:"
        echo "$output"
        cat "$directory/messages"
        failed=true
    fi
}

for version in v2 v3; do
    allocator=$mimalloc/$version
    include="-I $allocator/include -I $allocator/src"
    check mimalloc-$version "$include -DMI_DEBUG=0 -DNDEBUG" "4000 blocks, 80106000 bytes" "$allocator/src/static.c"
    link_flags=-Wl,--wrap=VirtualAlloc,--wrap=VirtualFree,--wrap=VirtualProtect,--wrap=VirtualQuery,--wrap=GetProcAddress
    # With its assertions.
    check mimalloc_malloc-$version "$include -DMI_DEBUG=2" "0 blocks bad" "$allocator/src/static.c"
    link_flags=
done
check lmdb "-I $lmdb" "1000 entries, the value of 777" "$lmdb/mdb.c" "$lmdb/midl.c"
# LMDB's own tests, which write, delete, and walk a database, and end with 0 if they found what they had put
# there. (The sixth needs a library that was built for debugging.)
for test in mtest mtest2 mtest3 mtest4 mtest5; do
    directory=$work/lmdb-$test
    rm -rf "$directory"
    mkdir -p "$directory/testdb"
    if ! "$winpages" cc -O1 -w -I "$lmdb" "$lmdb/mdb.c" "$lmdb/midl.c" "$lmdb/$test.c" -o "$directory/program" \
        >"$directory/messages" 2>&1; then
        echo "lmdb's $test: does not build"
        head -20 "$directory/messages"
        failed=true
    elif (cd "$directory" && timeout 120 ./program >output 2>messages); then
        echo "lmdb's $test: works"
    else
        echo "lmdb's $test: fails"
        tail -5 "$directory/output" "$directory/messages"
        failed=true
    fi
done
check sqlite "-I $sqlite" "journal_mode=wal
count=1000
sum=333833500
in_transaction=1000
seen_by_second=1000
in_transaction=1000
count=2000
least=-1
integrity_check=ok" "$sqlite/sqlite3.c"

if $failed; then exit 1; fi
