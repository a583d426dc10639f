; What can be a unit, what is emptied in a stub.
(function_declaration
  name: (identifier) @name
  result: (_)? @result
  body: (block) @body) @function
(method_declaration
  name: (field_identifier) @name
  result: (_)? @result
  body: (block) @body) @method
(type_spec name: (type_identifier) @name type: [(struct_type) (interface_type)]) @class

; What mutants change. What is left out or returned may leave a name that nobody uses, which Go does
; not compile: such statements stay.
(binary_expression operator: _ @operator)
(assignment_statement operator: _ @operator)
(inc_statement "++" @operator)
(dec_statement "--" @operator)
(int_literal) @number
[(interpreted_string_literal) (raw_string_literal)] @string
[(true) (false)] @truth
(if_statement condition: (_) @condition)
(for_clause condition: (_) @condition)
[(expression_statement) (inc_statement) (dec_statement) (continue_statement)] @statement
