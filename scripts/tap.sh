# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For scripts that print TAP: begin NAME, then check TITLE COMMAND... for each
# check, then finish. $tmp is a directory that goes away with the script.

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
number=0

begin()
{
	echo "# selftest: $1"
	echo "TAP version 13"
}

# Run a check; what it prints is shown only when it fails.
check()
{
	local name=$1

	shift
	number=$((number + 1))
	if "$@" >"$tmp/output" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$tmp/output"
	fi
}

finish()
{
	echo "1..$number"
}
