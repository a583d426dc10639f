; What can be a unit, what is emptied in a stub.
(function_definition
  type: (_) @result
  declarator: [
    (function_declarator declarator: (identifier) @name)
    (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))
    (pointer_declarator declarator: (pointer_declarator
      declarator: (function_declarator declarator: (identifier) @name)))
    (pointer_declarator declarator: (pointer_declarator declarator: (pointer_declarator
      declarator: (function_declarator declarator: (identifier) @name))))
  ]
  body: (compound_statement) @body) @function
(struct_specifier name: (type_identifier) @name body: (_)) @class

; What mutants change.
(binary_expression operator: _ @operator)
(assignment_expression operator: _ @operator)
(update_expression operator: _ @operator)
(number_literal) @number
(string_literal) @string
[(true) (false)] @truth
(if_statement condition: (parenthesized_expression (_) @condition))
(conditional_expression condition: (_) @condition)
(return_statement (_) @returned)
(expression_statement) @statement
