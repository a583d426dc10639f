; What can be a unit.
((call
  target: (identifier) @_word
  (arguments
    [
      (identifier) @name
      (call target: (identifier) @name)
      (binary_operator left: [(identifier) @name (call target: (identifier) @name)])
    ])) @function
  (#any-of? @_word "def" "defp" "defmacro" "defmacrop"))
((call target: (identifier) @_word (arguments (alias) @name)) @class
  (#any-of? @_word "defmodule" "defprotocol"))
