; What can be a unit, what is emptied in a stub. A body without a type is a constructor's.
(function_definition
  type: (_) @result
  declarator: [
    (function_declarator declarator: [
      (identifier) @name
      (field_identifier) @name
      (operator_name) @name
      (qualified_identifier name: (_) @name)
    ])
    (pointer_declarator declarator: (function_declarator declarator: (_) @name))
    (pointer_declarator declarator: (pointer_declarator
      declarator: (function_declarator declarator: (_) @name)))
    (reference_declarator (function_declarator declarator: (_) @name))
  ]
  body: (compound_statement) @body) @function
(class_specifier name: (type_identifier) @name body: (_)) @class
(struct_specifier name: (type_identifier) @name body: (_)) @class

; What mutants change.
(binary_expression operator: _ @operator)
(assignment_expression operator: _ @operator)
(update_expression operator: _ @operator)
(number_literal) @number
(string_literal) @string
[(true) (false)] @truth
(if_statement condition: (condition_clause value: (_) @condition))
(conditional_expression condition: (_) @condition)
(return_statement (_) @returned)
(expression_statement) @statement
