# Runs programs of tests, each in a process of its own, and records on descriptor 3 what they came
# to. Neither the descriptor nor the word is in the hands of what runs: a child writes its own record
# to a pipe, which the parent reads after it has ended.
use strict;
use warnings;
use B ();
use POSIX ();

open my $spec, '<', 'backfeed_spec' or die "no spec: $!";
chomp(my ($word, $guards, $before, @files) = <$spec>);
close $spec;
unlink 'backfeed_spec', 'backfeed_harness.pl';
open my $report, '>&=', 3 or die "no descriptor: $!";

my ($file, $source, $phase, $executed, $failure, $out, $alone, %kept, %imported);
my @WATCHED = qw(Test::More Test::Simple Test::Builder Test2::API Test2::API::Context Test2::Hub Test2::Tools::Basic
  Test2::Tools::Compare Test2::Tools::Exception Test2::V0 Test::Deep Test::Exception Test::Fatal);

# What a string is in JSON.
my $quoted = sub {
  my $text = substr defined $_[0] ? "$_[0]" : '', 0, 300;
  $text =~ s/[^ -~]|\\/ /g;
  $text =~ s/"/'/g;
  return qq("$text");
};

my $tell = sub {
  return if !defined $out || $$ != $alone;
  my $error = 'null';
  if ($failure) {
    $error = sprintf '{"type": "%s", "message": %s, "line": %d}', $failure->[0], $quoted->($failure->[1]), $failure->[2];
  }
  my $count = $executed + ($failure ? 0 : $guards);
  syswrite $out, qq($word {"executed": $count, "phase": "$phase", "error": $error}\n);
  undef $out;
};

my $fail = sub {
  my ($kind, $message, $line) = @_;
  $failure ||= [$kind, $message, $line || 0];
};

# The code of a package's functions.
my $codes = sub {
  my ($package) = @_;
  no strict 'refs';
  return { map { $_ => \&{"${package}::$_"} } grep { !/::$/ && defined &{"${package}::$_"} } keys %{"${package}::"} };
};

# What tests rest on and is not what it was.
my $changed = sub {
  my @found;
  no strict 'refs';
  for my $package (keys %kept) {
    for my $name (keys %{$kept{$package}}) {
      my $is = defined &{"${package}::$name"} ? \&{"${package}::$name"} : 0;
      push @found, [$package, $name] if $is != $kept{$package}{$name};
    }
  }
  return @found;
};

my $put_back = sub {
  no strict 'refs';
  no warnings;
  *{"$_->[0]::$_->[1]"} = $kept{$_->[0]}{$_->[1]} for $changed->();
};

# Whose call is it: the test's, be it by way of a library, or the answer's?
my $by_test = sub {
  for (my $level = 1; my @frame = caller $level; $level++) {
    next if $frame[1] =~ m{^/usr/|^backfeed_harness};
    return $frame[1] eq $source;
  }
  return 0;
};

my $leave = sub (;$) {
  my $status = @_ ? int($_[0] || 0) : 0;
  if (defined $out && $$ == $alone && $phase eq 'test') {
    $fail->('AssertionError', "exit $status") if $status;
    $tell->() if $status || $by_test->();
  }
  CORE::exit($status);
};
*CORE::GLOBAL::exit = $leave;

# Stands before the test: what is compiled from here on is it.
sub Backfeed::reading {
  my ($package) = @_;
  no strict 'refs';
  no warnings;
  delete $CORE::GLOBAL::{$_} for grep { $_ ne 'exit' } keys %CORE::GLOBAL::;
  *CORE::GLOBAL::exit = $leave;
  delete ${"${package}::"}{$_} for qw(die exit eval require);
}

# The test has been compiled: what it has imported for its assertions stays what it is.
sub Backfeed::compiled {
  my ($package) = @_;
  my $found = $codes->($package);
  for my $name (keys %$found) {
    my $from = B::svref_2object($found->{$name})->GV->STASH->NAME;
    $kept{$package}{$name} = $found->{$name} if $from =~ /^Test(?:::|2)/;
  }
}

# The answer has been run, and the test begins.
sub Backfeed::begin {
  my ($package) = @_;
  my (undef, $where, $line) = caller;
  return if $phase ne 'code' || $where !~ /main\.pl$/ || $line != $before;
  $put_back->();
  delete @SIG{qw(__DIE__ __WARN__)};
  $phase = 'test';
}

# Counts what the assertions of Test::More and its relatives say.
my $listen = sub {
  require Test2::API;
  my $hub = Test2::API::test2_stack()->top;
  $hub->listen(sub {
    my (undef, $event) = @_;
    my $facets = $event->facet_data;
    my $assert = $facets->{assert} or return;
    return if grep { $_->{tag} =~ /^(?:SKIP|TODO)$/ } @{$facets->{amnesty} || []};
    $executed++;
    return if $assert->{pass} || $failure;
    my $trace = $event->trace;
    my $said = join ' ', grep { defined } $assert->{details}, map { $_->{details} } @{$facets->{info} || []};
    $said =~ s/\s+/ /g;
    $fail->('AssertionError', $said, $trace && $trace->file eq $source ? $trace->line : 0);
  });
};

my $of_error = sub {
  my ($raised) = @_;
  my $text = eval { "$raised" };
  $text = 'an error' if !defined $text;
  print STDERR $text, $text =~ /\n\z/ ? '' : "\n";
  return $fail->('ModuleNotFoundError', $1 =~ s{/}{::}gr) if $text =~ /Can't locate (\S+)\.pm in \@INC/;
  return $fail->('ModuleNotFoundError', "a later perl: $1") if $text =~ /(Perl \S+ required)--this is only/;
  my ($message) = $text =~ /^(.*)/;
  my $line = $text =~ /\bat \Q$source\E line (\d+)/ ? $1 : 0;
  if ($phase eq 'code' && $line) {
    $phase = 'reading' if $message =~ /^syntax error|^Can't find|^Missing right|^Unmatched|^Global symbol/;
    return $fail->('SyntaxError', $message, $line);
  }
  my $own = $message =~ /^(?:Undefined subroutine|Can't |Not an? |Illegal |Modification |Deep recursion)/;
  $fail->($line && !$own ? 'AssertionError' : 'error', $message, $line);
};

# Be the process of one program of tests.
my $run = sub {
  my ($wanted) = @_;
  ($file, $alone, $executed) = ("./$wanted", $$, 0);
  my $one = $before > 0;
  ($source, $phase) = $one ? ('test.pl', 'code') : ($file, 'test');
  unshift @INC, 'lib', '.';
  open my $in, '<', $file or die "no $file: $!";
  my $text = do { local $/; <$in> };
  close $in;
  if (!$one || $text =~ /\bTest(?:::|2)/) {
    require Test::More;
    for my $module (grep { $text =~ /\b\Q$_\E\b/ } @WATCHED) { eval "require $module" }
    $listen->();
  }
  $kept{$_} = $codes->($_) for grep { my $path = s{::}{/}gr; $INC{"$path.pm"} } @WATCHED;
  ($0, @ARGV) = ($wanted);
  delete $SIG{__DIE__};
  my $ended = do { package main; do $file };
  my $raised = $@;
  if (ref $raised || length $raised) { $of_error->($raised) }
  elsif ($phase eq 'test' && $INC{'Test2/API.pm'}) {
    my $hub = Test2::API::test2_stack()->top;
    my ($plan, $count) = ($hub->plan, $hub->count);
    $fail->('AssertionError', "planned $plan tests, ran $count") if defined $plan && $plan =~ /^[1-9]\d*$/ && $plan != $count;
  }
  POSIX::_exit(1) if !$failure && $phase ne 'test';
  if (!$failure && (my ($first) = $changed->())) {
    print STDERR "no record: $first->[0]::$first->[1] has been changed\n";
    POSIX::_exit(1);
  }
  $tell->();
  close STDOUT;
  POSIX::_exit($failure ? 1 : 0);
};

my (@records, $bad);
for my $wanted (@files) {
  pipe my $in, my $to or die "no pipe: $!";
  my $child = fork;
  defined $child or die "no process: $!";
  if (!$child) {
    close $report;
    close $in;
    $out = $to;
    $run->($wanted);
  }
  close $to;
  waitpid $child, 0;
  $bad ||= $? & 127 ? 128 + ($? & 127) : $? >> 8;
  my $text = '';
  sysread $in, $text, 4096;
  my ($record) = $text =~ /\A\Q$word\E (.*)\n\z/ or CORE::exit($bad || 0);
  push @records, $record;
}
syswrite $report, sprintf '{"word": "%s", "tests": [%s]}', $word, join ', ', @records;
CORE::exit($bad || 0);
