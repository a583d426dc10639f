; What can be a unit, what is emptied in a stub. A body without a type is a constructor's.
(method_declaration type: (_) @result name: (identifier) @name body: (block) @body) @method
(constructor_declaration name: (identifier) @name body: (constructor_body) @body) @method
(compact_constructor_declaration name: (identifier) @name body: (block) @body) @method
(class_declaration name: (identifier) @name body: (_)) @class
(record_declaration name: (identifier) @name body: (_)) @class
(enum_declaration name: (identifier) @name body: (_)) @class
(interface_declaration name: (identifier) @name body: (_)) @class

; What mutants change.
(binary_expression operator: _ @operator)
(assignment_expression operator: _ @operator)
(update_expression ["++" "--"] @operator)
(decimal_integer_literal) @number
(string_literal) @string
[(true) (false)] @truth
(if_statement condition: (parenthesized_expression (_) @condition))
(ternary_expression condition: (_) @condition)
(expression_statement) @statement

; Nothing can be returned where the type is no primitive one: not in a lambda, whose type is unseen.
(method_declaration
  type: [(type_identifier) (scoped_type_identifier) (generic_type) (array_type)]
  body: (block [
    (return_statement (_) @returned)
    (if_statement (block (return_statement (_) @returned)))
    (if_statement (return_statement (_) @returned))
    (for_statement (block (return_statement (_) @returned)))
    (enhanced_for_statement (block (return_statement (_) @returned)))
    (while_statement (block (return_statement (_) @returned)))
    (try_statement body: (block (return_statement (_) @returned)))
  ]))
