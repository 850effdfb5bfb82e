# SPDX-License-Identifier: GPL-2.0-only
# Makes a script of the examples of shmregion(8), each in a shell of its own that
# stops at the first command that fails.
/^# / { examples = $2 == "EXAMPLES" }
examples && /^```$/ {
	inside = !inside
	if (inside)
		printf "echo '# example %d'\nsh -e <<'END' || exit\n", ++count
	else
		print "END"
	next
}
inside
END { printf "echo '# examples: %d'\n", count }
