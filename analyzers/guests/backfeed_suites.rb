# frozen_string_literal: true

# Tests in Minitest and test-unit, for `backfeed_harness.rb`, beside which it lies in a sandbox.
#
# The libraries are there before the answer is, and what assertions rest on is held against what it
# was then: an answer that put something else in its place has failed, whatever it did it for.
module Backfeed
  RAISE = Kernel.method(:raise)

  # What assertions rest on, as it was before the answer came.
  class Watch
    CORE = [
      BasicObject, Object, Kernel, Comparable, Integer, Float, String, Symbol, Array, Hash, NilClass, TrueClass,
      FalseClass, Range, Regexp, Exception, Module, Class
    ].freeze
    NAMES = %i[== != === =~ ! equal? eql? <=> nil? is_a? kind_of? instance_of? respond_to? raise].freeze
    ENDS = %i[fail abort exit throw].freeze
    METHOD = Module.instance_method(:instance_method)
    SAME = UnboundMethod.instance_method(:==)
    LISTS = [Module.instance_method(:instance_methods), Module.instance_method(:private_instance_methods)].freeze

    # The modules of libraries, and the files of tests, which may change what they like.
    def initialize(modules, paths, text)
      @core = CORE.product(NAMES + ENDS.select { |name| text.match?(/\b#{name}\b/) })
      @core += [TOPLEVEL_BINDING.receiver.singleton_class].product(NAMES + ENDS)
      @paths = paths.map(&:to_sym)
      @names = modules.to_h { |one| [one, named(one) - named(Object)] }
      @before = watched.to_h { |one, name| [[one, name], method(one, name)] }
    end

    # What the answer changed; nil if it is nothing.
    def changed(classes)
      pair = @before.keys.find { |one, name| other?(method(one, name), @before[[one, name]]) }
      pair ||= classes.flat_map { |one| overridden(one) }.first
      pair && "#{pair[0]}##{pair[1]}"
    end

    def own?(method)
      place = method&.source_location
      place ? @paths.any? { |path| path.equal?(place[0].to_sym) } : false
    end

    # Methods of a class that are the tests' own. Another in the place of one is the answer's.
    def own(one, pattern)
      methods = one.public_instance_methods(true).grep(pattern).sort.map { |name| method(one, name) }
      stolen = methods.find { |now| !own?(now) && own?(now.super_method) }
      RAISE.call Dishonest, "the answer changed #{one}##{stolen.name}" if stolen

      methods.select { |now| own?(now) }.map { |now| now.name.to_s }
    end

    private

    def named(one)
      LISTS.flat_map { |list| list.bind_call(one) }.uniq
    end

    def watched
      @core + @names.flat_map { |one, names| [one].product(names) }
    end

    def method(one, name)
      METHOD.bind_call(one, name)
    rescue NameError
      nil
    end

    def other?(now, before)
      same = now && before ? SAME.bind_call(now, before) : now.equal?(before)
      same || own?(now) || of_system?(now) ? false : true
    end

    # Methods of a library that a class of tests has from somewhere else.
    def overridden(one)
      [one, one.singleton_class].flat_map do |place|
        parent = place.ancestors.find { |known| known.is_a?(Class) && @names.key?(known) }
        names = parent ? @names[parent] - %i[setup teardown name to_s] : []
        names.select { |name| strange?(method(place, name), method(parent, name)) }.map { |name| [place, name] }
      end
    end

    def of_system?(method)
      place = method&.source_location
      place ? place[0].start_with?('/usr/') : false
    end

    def strange?(now, before)
      place = now&.source_location
      place && place != before&.source_location && !own?(now) && !of_system?(now)
    end
  end

  # A value of the answer's that is equal to whatever it is held against.
  module Honesty
    KIND = Kernel.instance_method(:class)
    METHOD = Module.instance_method(:instance_method)

    def self.lie?(paths, *values)
      mine, other = values.partition { |one| custom?(one, paths) }
      mine.size == 1 && decoys(other[0]).any? { |decoy| mine[0] == decoy }
    rescue StandardError
      false
    end

    def self.custom?(value, paths)
      place = METHOD.bind_call(KIND.bind_call(value), :==).source_location
      place && !paths.include?(place[0]) && !place[0].start_with?('/usr/', '<internal:')
    end

    def self.decoys(value)
      near = case value
             when Numeric then value + 4711
             when String then "#{value}?"
             when Symbol then :"#{value}?"
             when Array then value + [Object.new]
             when Hash then value.merge(Object.new => 1)
             else value.nil?
             end
      [Object.new, near]
    end
  end

  # The classes of tests that there are, and what they come to.
  class Suites
    def initialize(paths, text, spec)
      @paths = paths
      @spec = spec
      unit = text.match?(%r{test/unit|Test::Unit})
      @libraries = []
      @failures = []
      load_minitest if text.match?(/minitest/i) || !unit && text.match?(BARE)
      load_test_unit if unit
      @watch = Watch.new(@libraries, paths, text)
    end

    # Give an object the assertions that a test without a framework calls.
    def bare(main)
      main.instance_variable_set(:@assertions, 0)
      main.singleton_class.attr_accessor(:assertions)
      main.extend(Minitest::Assertions)
    end

    def asserted(main)
      raise_changed([])
      main.instance_variable_get(:@assertions) || 0
    end

    # One entry for each test: those of the tests' own files, and of nothing else.
    def run
      classes = (@minitest ? Minitest::Runnable.runnables.dup : []) + (@test_unit ? Test::Unit::TestCase::DESCENDANTS.dup : [])
      raise_changed(classes)
      found = classes.flat_map { |one| @test_unit && one <= @test_unit ? test_unit(one) : minitest(one) }
      raise_changed(classes)
      found + (classes.empty? ? [] : @spec['names'] - found.map { |one| one[:name] }).first(1).map { |name| not_run(name) }
    end

    def explained(error, asserted: false)
      message = String.new(error.message.to_s).scrub.strip.lines.first(asserted ? 4 : 1).map(&:strip).join(' ')
      places = (error.backtrace_locations || []).map { |place| [place.absolute_path || place.path, place.lineno] }
      line = places.find { |path, _| @paths.include?(path) }&.last
      line ||= places.find { |path, _| path.to_s.start_with?(Dir.pwd) && !path.include?('backfeed_') }&.last
      { type: asserted ? 'AssertionError' : error.class.name.to_s, message: message, line: line || 0 }
    end

    def assertion?(error)
      @failures.any? { |kind| error.is_a?(kind) }
    end

    private

    def load_minitest
      require 'minitest'
      Minitest.define_singleton_method(:autorun) {}
      require 'minitest/autorun'
      Minitest.seed = 1
      @minitest = Minitest::Test
      held(Minitest::Assertions, Minitest::Assertion)
      @libraries += with_classes(Minitest, Minitest::Assertions, Minitest::Test, Minitest::Runnable, Minitest::Result,
                                 Minitest::Reportable, Minitest::Spec, Minitest::Expectation, Minitest::Expectations,
                                 Minitest::Assertion, Minitest::UnexpectedError, Minitest::Mock)
    end

    def load_test_unit
      require 'test/unit'
      require 'test/unit/testresult'
      Test::Unit::AutoRunner.need_auto_run = false
      @test_unit = Test::Unit::TestCase
      held(Test::Unit::Assertions, Test::Unit::AssertionFailedError)
      @libraries += with_classes(Test::Unit::Assertions, Test::Unit::TestCase, Test::Unit::TestResult, Test::Unit::TestSuite)
    end

    def not_run(name)
      { executed: 0, phase: 'reading', error: { type: 'Error', message: "#{name} did not run", line: 0 } }
    end

    def with_classes(*modules)
      modules + modules.map(&:singleton_class)
    end

    # Let no value pass that is equal to everything.
    def held(assertions, failure)
      paths = @paths
      @failures << failure
      original = assertions.instance_method(:assert_equal)
      assertions.define_method(:assert_equal) do |expected, actual, *more|
        original.bind_call(self, expected, actual, *more)
        RAISE.call failure, 'it is equal to anything' if Honesty.lie?(paths, expected, actual)

        true
      end
    end

    def raise_changed(classes)
      name = @watch.changed(classes)
      RAISE.call Dishonest, "the answer changed #{name}" if name
    end

    def minitest(one)
      @watch.own(one, /\Atest_/).map do |name|
        result = one.new(name).run
        wrong = result.failures.find { |failure| !failure.is_a?(Minitest::Skip) }
        told(name, result.assertions, skipped: result.skipped?) { wrong && of_minitest(wrong) }
      end
    end

    def of_minitest(failure)
      return explained(failure, asserted: true) unless failure.is_a?(Minitest::UnexpectedError)

      absent(failure.error) || explained(failure.error)
    end

    def test_unit(one)
      names = @watch.own(one, /\Atest/)
      tests = one.suite.tests.select { |test| test.respond_to?(:method_name) && names.include?(test.method_name.to_s) }
      one.startup
      tests.map do |test|
        result = Test::Unit::TestResult.new
        test.run(result) { |*| nil }
        wrong = result.faults.find { |fault| fault.is_a?(Test::Unit::Failure) || fault.is_a?(Test::Unit::Error) }
        skipped = result.pending_count + result.omission_count
        told(test.method_name, result.assertion_count, skipped: skipped.positive?) { wrong && of_test_unit(wrong) }
      end
    ensure
      one.shutdown
    end

    def of_test_unit(fault)
      return absent(fault.exception) || explained(fault.exception) if fault.is_a?(Test::Unit::Error)

      place = fault.location.map(&:to_s).find { |one| @paths.any? { |path| one.start_with?("#{path}:") } }
      message = fault.message.lines.map(&:strip).join(' ')
      { type: 'AssertionError', message: message, line: place.to_s[/:(\d+)/, 1].to_i }
    end

    def told(name, assertions, skipped:)
      error = yield
      if skipped && error.nil? && !@spec['skips']
        error = { type: 'AssertionError', message: "#{name}: skipped by the answer", line: 0 }
      end
      executed = error || (assertions.positive? && !skipped) ? 1 : 0
      { name: name, executed: executed, phase: 'test', error: error }
    end

    def absent(error)
      name = error.is_a?(LoadError) && error.path
      { type: 'ModuleNotFoundError', message: name, line: 0 } if name && !name.start_with?('/', '.')
    end
  end

  # An answer that changed what tests rest on.
  class Dishonest < StandardError; end
end
