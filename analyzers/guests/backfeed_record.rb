# frozen_string_literal: true

# Writes down what calls give, as source.
module BackfeedRecord
  CLASSES = [Integer, Symbol, TrueClass, FalseClass, NilClass].freeze

  def self.show(value, depth = 0)
    raise ArgumentError, 'deep' if depth > 6

    case value
    when *CLASSES then value.inspect
    when Float then finite(value)
    when Rational then "Rational(#{value.numerator}, #{value.denominator})"
    when Range then "(#{show(value.begin, depth + 1)}#{value.exclude_end? ? '...' : '..'}#{show(value.end, depth + 1)})"
    else compound(value, depth + 1)
    end
  end

  def self.finite(value)
    raise ArgumentError, 'no value' unless value.finite?

    value.inspect
  end

  def self.compound(value, depth)
    case value.class.name
    when 'String' then text(value)
    when 'Array' then "[#{value.map { |one| show(one, depth) }.join(', ')}]"
    when 'Set' then "Set.new([#{value.map { |one| show(one, depth) }.join(', ')}])"
    when 'Hash' then "{#{value.map { |key, one| "#{show(key, depth)} => #{show(one, depth)}" }.join(', ')}}"
    else raise ArgumentError, 'no value'
    end
  end

  def self.text(value)
    raise ArgumentError, 'no value' unless value.valid_encoding? && [Encoding::UTF_8, Encoding::US_ASCII].include?(value.encoding)

    value.inspect
  end

  def self.of(number)
    text = show(yield)
    puts "\nbackfeed-record #{number} #{text}" if text.length <= 400
  rescue StandardError, ScriptError, SystemStackError, UncaughtThrowError
    # A call that fails has no value.
  end
end
@CALLS@
