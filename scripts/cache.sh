# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For scripts that fill the cache outside the tree. The one that reads this has
# set -euo pipefail, and calls clean_up_at_exit before begin.

# shellcheck disable=SC2034 # they use it
cache=${SHMREGION_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/shmregion}
tmp=

note()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
	note "$@"
	exit 1
}

clean_up_at_exit()
{
	trap '[ -z "$tmp" ] || rm -rf "$tmp"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# Prints the newest entry that is complete; entries get their final name only
# then.
newest()
{
	[ ! -d "$1" ] || find "$1" -mindepth 1 -maxdepth 1 ! -name '.*' |
		sort -V | tail -n 1
}

# Serialises the callers that would fill the same directory. The work goes on
# in a temporary directory beside the result, which is renamed when complete.
begin()
{
	mkdir -p "$1"
	exec 9>"$1/.lock"
	flock 9
	# With the lock held, what else is there was left by a killed run.
	rm -rf "$1"/.tmp.*
	tmp=$(mktemp -d "$1/.tmp.XXXXXX")
	chmod 755 "$tmp"
}

# Prints the cached result in a directory, having made it with the command that
# follows, if there is none or if $refresh is yes.
cached()
{
	local dir=$1 found

	shift
	found=$(newest "$dir")
	if [ -z "$found" ] || [ "${refresh:-no}" = yes ]; then
		begin "$dir"
		# Another caller may have been faster.
		found=$(newest "$dir")
		if [ -z "$found" ] || [ "${refresh:-no}" = yes ]; then
			"$@"
		fi
		found=$(newest "$dir")
	fi
	echo "$found"
}
