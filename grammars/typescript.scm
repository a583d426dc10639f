; What can be a unit, what is emptied in a stub.
(function_declaration name: (identifier) @name return_type: (_)? @result body: (statement_block) @body) @function
(generator_function_declaration name: (identifier) @name body: (statement_block) @body) @function
(method_definition name: (_) @name return_type: (_)? @result body: (statement_block) @body) @method
(class_declaration name: (type_identifier) @name body: (_)) @class
(variable_declarator
  name: (identifier) @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (statement_block) @body)
  ]) @function
(assignment_expression
  left: [(identifier) @name (member_expression property: (property_identifier) @name)]
  right: [
    (arrow_function body: (_) @body)
    (function_expression body: (statement_block) @body)
  ]) @function

; Types have no body to empty.
(interface_declaration name: (type_identifier) @name) @class

; What mutants change.
(binary_expression operator: _ @operator)
(augmented_assignment_expression operator: _ @operator)
(update_expression operator: _ @operator)
(number) @number
(string) @string
[(true) (false)] @truth
(if_statement condition: (parenthesized_expression (_) @condition))
(ternary_expression condition: (_) @condition)
(return_statement (_) @returned)
(expression_statement) @statement
