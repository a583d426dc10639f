# frozen_string_literal: true

# Runs an answer and its tests inside a sandbox. `backfeed_spec.json` holds either `code`, `setup`
# and `test` of one program, or the paths of `tests` among all `known` files of tests, and what to
# `load` before them.
#
# A child process runs them; it has no descriptor 3, and the record's word is gone before it begins.
# What it found goes to this process through a pipe, under a number that no text holds: a program
# that ends early leaves no record. An answer that watches the frames of its caller can find it:
# this holds programs that end early or put something else in the place of an assertion, not an
# attacker.
require 'json'
require 'stringio'
require_relative 'backfeed_suites'

module Backfeed
  LONGEST = 300
  MOST = 60_000
  PRCTL = RUBY_PLATFORM.start_with?('x86_64') ? 157 : 167
  DIRECTLY = [RuntimeError, StandardError, Exception, SystemExit, UncaughtThrowError].freeze
  EVAL = Kernel.instance_method(:eval)
  # What a test that has no framework may call all the same.
  BARE = /(?<!def )(?<![.\w])(?:assert|refute)(?:_\w+)?[ (]/

  class << self
    def main
      text = File.read('backfeed_spec.json')
      File.unlink('backfeed_spec.json')
      spec = JSON.parse(text)
      word = spec.delete('word')
      syscall(PRCTL, 4, 0, 0, 0, 0) # else the child could reach descriptor 3 through /proc
      from, to = IO.pipe
      number = Random.urandom(7).unpack1('H*').to_i(16)
      child = fork do
        IO.for_fd(3).close
        from.close
        [text, word].each { |one| one.replace('') }
        work(spec, to, number)
      end
      Process.wait(child)
      status = $?
      told = read(from, number)
      IO.for_fd(3).syswrite(JSON.generate({ word: word, tests: told })) if told
      Process.kill(status.termsig, Process.pid) if status.signaled?
      exit!(status.exitstatus || 70)
    end

    private

    def read(pipe, number)
      raw = pipe.read_nonblock(1 << 16)
      raw.unpack1('Q') == number ? JSON.parse(raw[8..].force_encoding('UTF-8')) : nil
    rescue IOError, SystemCallError, JSON::ParserError
      nil
    end

    # The child: run everything, leave the record, end.
    def work(spec, pipe, number)
      own = Process.pid
      pid, send, quit, flush = Process.method(:pid), pipe.method(:syswrite), Process.method(:exit!), $stdout.method(:flush)
      tests = Tests.new(spec).run
      return quit.call(70) if pid.call != own

      send.call([number].pack('Q') + Plain.array(tests))
      flush.call
      quit.call(tests.any? { |test| test[:error] } ? 1 : 0)
    rescue Exception
      quit.call(70)
    end
  end

  # Plain data as JSON, whatever an answer made of the library for that.
  module Plain
    def self.array(tests)
      entries = tests.map { |test| entry(test) }
      entries = [entries.find { |one| !one.include?('"error":null') } || entries[0]] if entries.sum(&:bytesize) > MOST
      "[#{entries.join(',')}]"
    end

    def self.entry(test)
      error = test[:error]
      told = error ? "{\"type\":#{quoted(error[:type])},\"message\":#{quoted(error[:message])},\"line\":#{Integer(error[:line])}}" : 'null'
      "{\"executed\":#{Integer(test[:executed])},\"phase\":#{quoted(test[:phase])},\"error\":#{told}}"
    end

    def self.quoted(text)
      plain = String.new(text.to_s).force_encoding('UTF-8').scrub('?')[0, LONGEST]
      "\"#{plain.gsub(/["\\]/) { |c| "\\#{c}" }.gsub(/[\x00-\x1f\x7f]/, ' ')}\""
    end
  end

  # One program, or files of tests.
  class Tests
    def initialize(spec)
      @spec = spec
      @phase = 'reading'
      @paths = (spec['known'] || ['backfeed_test.rb']).map { |path| File.expand_path(path) }
      @texts = spec['tests'] ? @paths.map { |path| File.read(path, encoding: 'UTF-8') } : [spec['setup'] + spec['test']]
    end

    def run
      @suites = Suites.new(@paths, @texts.join("\n"), @spec)
      @spec['tests'] ? run_files : run_program
    rescue Exception => e
      [{ executed: 0, phase: @phase, error: explained(e) }]
    end

    private

    def run_files
      @paths.zip(@texts) { |path, text| RubyVM::InstructionSequence.compile(text, path, path) }
      @phase = 'code'
      $PROGRAM_NAME = File.expand_path(@spec['tests'][0])
      $LOAD_PATH.unshift(*['.', 'lib', 'test', File.dirname($PROGRAM_NAME)].map { |path| File.expand_path(path) })
      @spec['load'].each { |path| require File.expand_path(path) }
      @spec['tests'].each { |path| load File.expand_path(path) }
      @phase = 'test'
      found = @suites.run
      found.empty? ? [{ executed: 0, phase: 'test', error: nil }] : found
    end

    def run_program
      path = @paths[0]
      RubyVM::InstructionSequence.compile(@spec['test'], path, path)
      $PROGRAM_NAME = path
      @phase = 'setup'
      evaluated(@spec['setup'], path)
      @phase = 'code'
      evaluated(@spec['code'], File.expand_path('answer.rb'))
      @suites.bare(TOPLEVEL_BINDING.receiver) if bare?
      @phase = 'test'
      evaluated(@spec['test'], path) { |e| raise unless ended_well?(e) }
      executed = @spec['guards'] + @suites.asserted(TOPLEVEL_BINDING.receiver)
      [{ executed: executed, phase: 'test', error: nil }, *@suites.run]
    end

    def evaluated(text, path)
      if (data = text[/^__END__\r?\n(.*)\z/m, 1])
        Object.send(:remove_const, :DATA) if Object.const_defined?(:DATA)
        Object.const_set(:DATA, StringIO.new(data))
      end
      EVAL.bind_call(self, text, TOPLEVEL_BINDING, path, 1)
    rescue SystemExit => e
      block_given? ? yield(e) : raise
    end

    # Did the test itself end the program, and say that all is well?
    def ended_well?(error)
      error.success? && from_test?(error)
    end

    def bare?
      text = @texts[0]
      text.match?(BARE) && !text.match?(/def (?:self\.)?(?:assert|refute)|Minitest|MiniTest|Test::Unit/)
    end

    def from_test?(error)
      @paths.include?(File.expand_path(error.backtrace_locations&.first&.path.to_s))
    end

    def explained(error)
      return absent(error) if error.is_a?(LoadError) && absent(error)

      @suites.explained(error, asserted: error.is_a?(Dishonest) || asserted?(error))
    end

    # Was it the test that raised this, to say that something did not hold?
    def asserted?(error)
      return true if @suites.assertion?(error)

      @phase == 'test' && from_test?(error) && (DIRECTLY.include?(error.class) || @texts[0].include?("class #{error.class} "))
    end

    # A package that is not there. A file of the answer's own is no package.
    def absent(error)
      name = error.path || error.message[/cannot load such file -- (\S+)/, 1] || error.message[/Could not find '([^']+)'/, 1]
      return if name.nil? || name.start_with?('/', '.')

      { type: 'ModuleNotFoundError', message: name, line: 0 }
    end
  end
end

[Backfeed, *Backfeed.constants.map { |name| Backfeed.const_get(name) }].grep(Module).each { |one| [one.singleton_class, one].each(&:freeze) }
Backfeed.main
