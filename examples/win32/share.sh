#!/bin/sh
# Two Win32 programs, compiled as they are, run as two Linux processes that share memory.
set -eu
cd "$(dirname "$0")/../.."

step() { printf '\n$ %s\n' "$*"; "$@"; }

step cargo build --release --workspace
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
PATH=$PWD/target/release:$PATH

cd examples/win32
step winpages cc telemetry_writer.c -o "$out/telemetry_writer"
step winpages cc telemetry_reader.c -o "$out/telemetry_reader"

printf '\n$ telemetry_reader & telemetry_writer\n'
"$out/telemetry_reader" &
reader=$!
"$out/telemetry_writer"
wait "$reader"
