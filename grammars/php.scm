; What can be a unit, what is emptied in a stub.
(function_definition
  name: (name) @name
  return_type: (_)? @result
  body: (compound_statement) @body) @function
(method_declaration
  name: (name) @name
  return_type: (_)? @result
  body: (compound_statement) @body) @method
(class_declaration name: (name) @name) @class
(interface_declaration name: (name) @name) @class
(trait_declaration name: (name) @name) @class
(enum_declaration name: (name) @name) @class
(assignment_expression
  left: (variable_name (name) @name)
  right: (anonymous_function
    return_type: (_)? @result
    body: (compound_statement) @body)) @function
(assignment_expression
  left: (variable_name (name) @name)
  right: (arrow_function "=>" @result body: (_) @body)) @function

; What mutants change.
(binary_expression operator: _ @operator)
(augmented_assignment_expression operator: _ @operator)
(update_expression operator: _ @operator)
(function_call_expression function: (name) @operator)
[(integer) (float)] @number
[(string) (encapsed_string)] @string
(boolean) @truth
(if_statement condition: (parenthesized_expression (_) @condition))
(else_if_clause condition: (parenthesized_expression (_) @condition))
(conditional_expression condition: (_) @condition)
(return_statement (_) @returned)
(expression_statement) @statement
