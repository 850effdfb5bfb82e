# SPDX-License-Identifier: GPL-2.0-only
#
# Reads what a header says of itself: the comment at its head, its constants,
# and the kernel-doc of its types, functions and macros.
#
# A text is a list of blocks: [ kind, content ], where kind is "text" or
# "heading" with a string, "code" or "table" with the lines as they are, or
# "list" with a list of strings.

package HeaderDoc;

use strict;
use warnings;

# The lines of a comment without what makes it one.
sub comment_lines
{
	my ($comment) = @_;

	$comment =~ s|^\s*/\*\*?[ \n]?||;
	$comment =~ s|\s*\*/\s*$||;
	return map { s/^ \*( |(?=\t)|$)//r } split(/\n/, $comment);
}

sub common_tabs_removed
{
	my @lines = map { s/^\t//r } @_;

	pop(@lines) while @lines && $lines[-1] eq "";
	return join("", map { "$_\n" } @lines);
}

sub blocks
{
	my @lines = @_;
	my @blocks;

	while (@lines) {
		my $line = shift(@lines);

		if ($line eq "") {
			next;
		} elsif ($line =~ /^[A-Z][A-Z ]+$/) {
			push(@blocks, ["heading", $line]);
		} elsif ($line =~ /^={3}/) {
			my $table = "$line\n";

			$table .= shift(@lines) . "\n" while @lines && $lines[0];
			push(@blocks, ["table", $table]);
		} elsif ($line =~ /^ *- (.*)/) {
			my @items = ($1);

			while (@lines && $lines[0] =~ /^\s+(- )?(.*)/) {
				push(@items, "") if $1;
				$items[-1] .= $items[-1] eq "" ? $2 : " $2";
				shift(@lines);
			}
			push(@blocks, ["list", \@items]);
		} else {
			my $text = $line;

			$text .= " " . shift(@lines)
				while @lines && $lines[0] ne "";
			my $code = $text =~ s/::$/:/;
			push(@blocks, ["text", $text =~ s/\s+/ /gr]);
			next if !$code;
			my @code;
			shift(@lines);
			push(@code, shift(@lines))
				while @lines && $lines[0] =~ /^(\t|$)/;
			push(@blocks, ["code", common_tabs_removed(@code)]);
		}
	}
	return \@blocks;
}

# One kernel-doc comment, and the code behind it.
sub item
{
	my ($file, $comment, $code) = @_;
	my ($first, @lines) = comment_lines($comment);
	my (%item, @members, @body, @returns);

	if ($first =~ /^DOC: (.*)/) {
		%item = (kind => "text", name => $1);
	} elsif ($first =~ /^(struct|enum) (\w+) - (.*)/) {
		%item = (kind => $1, name => $2, purpose => $3);
	} elsif ($first =~ /^(\w+)\(\) - (.*)/) {
		%item = (kind => "function", name => $1, purpose => $2);
	} else {
		die "$file: not of the form of kernel-doc: $first\n";
	}

	while (@lines && $lines[0] ne "") {
		my $line = shift(@lines);

		if ($line =~ /^@(\w+): *(.*)/) {
			push(@members, [$1, $2]);
		} elsif (@members && $line =~ /^\s+(.*)/) {
			$members[-1][1] .= " $1";
		} else {
			last;
		}
	}
	my $part = \@body;
	foreach my $line (@lines) {
		next if $line =~ /^Since: /;
		$part = \@returns if $line =~ s/^Return: //;
		push(@$part, $line);
	}

	if ($item{kind} eq "function" && $code =~ /^#define (\w+\([^)]*\))/) {
		$item{declaration} = "$1;";
	} elsif ($item{kind} eq "function") {
		$code =~ /^([^;]*;)/ or die "$file: no declaration: $first\n";
		$item{declaration} = $1;
	} elsif ($item{kind} ne "text") {
		$code =~ /^(\w+ \w+;|\w+ \w+ \{.*?\n\};)/s or
			die "$file: no declaration: $first\n";
		$item{declaration} = $1;
	}
	$item{members} = \@members;
	$item{body} = blocks(@body);
	$item{returns} = blocks(@returns);
	return \%item;
}

# Constants with a comment before them, if there are any. A guard has no value.
sub constant
{
	my ($comment, $code) = @_;
	my @defines;

	while ($code =~ s/^#define ([A-Z0-9]+_(?!_|I_)\w+(?:\(\w+\))?)[ \t]+([^\n]*[^\\\n])\n//) {
		push(@defines, [$1, $2]);
	}
	return if !@defines;
	return { text => blocks(comment_lines($comment)), defines => \@defines };
}

# { head => blocks, items => [...], constants => [...] }
sub read_header
{
	my ($file) = @_;
	my (@items, @constants, $head);

	open(my $in, "<", $file) or die "$file: $!\n";
	my $rest = do { local $/; <$in> };
	close($in);

	# The first comment is the licence.
	$rest =~ s|^/\*.*?\*/\n||s;
	while ($rest =~ s|^.*?(/\*.*?\*/)\n||s) {
		my $comment = $1;

		if (!$head) {
			$head = blocks(comment_lines($comment));
		} elsif ($comment =~ m|^/\*\*|) {
			push(@items, item($file, $comment, $rest));
		} else {
			push(@constants, constant($comment, $rest) // ());
		}
	}
	return { head => $head, items => \@items, constants => \@constants };
}

1;
