# frozen_string_literal: true

# What Ruby's compiler says of each text in a list, which comes as JSON. No text is run.
require 'json'

$stderr.reopen(File::NULL)
found = JSON.parse($stdin.read).map do |text|
  RubyVM::InstructionSequence.compile(text, 's', 's', 1)
  []
rescue SyntaxError, ArgumentError, EncodingError => e
  told = e.message.scrub.scan(/^s:(\d+): (.*)/)
  told = [[0, e.message.scrub.lines.first.to_s.chomp]] if told.empty?
  told.first(20).map { |line, message| [line.to_i, message] }
end
puts JSON.generate({ version: RUBY_VERSION, found: found })
