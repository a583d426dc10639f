; What can be a unit, what is emptied in a stub.
(source_file (function_item
  name: (identifier) @name
  return_type: (_)? @result
  body: (block) @body) @function)
(mod_item body: (declaration_list (function_item
  name: (identifier) @name
  return_type: (_)? @result
  body: (block) @body) @function))
(impl_item body: (declaration_list (function_item
  name: (identifier) @name
  return_type: (_)? @result
  body: (block) @body) @method))
(trait_item body: (declaration_list (function_item
  name: (identifier) @name
  return_type: (_)? @result
  body: (block) @body) @method))
[(struct_item name: (type_identifier) @name)
 (enum_item name: (type_identifier) @name)
 (trait_item name: (type_identifier) @name)] @class

; What mutants change.
(binary_expression operator: _ @operator)
(compound_assignment_expr operator: _ @operator)
(range_expression [".." "..="] @operator)
(integer_literal) @number
(string_literal) @string
(boolean_literal) @truth
(if_expression condition: [
  (binary_expression) (call_expression) (identifier) (unary_expression) (field_expression)
] @condition)
(while_expression condition: [
  (binary_expression) (call_expression) (identifier) (unary_expression) (field_expression)
] @condition)
(expression_statement [
  (call_expression) (compound_assignment_expr) (assignment_expression) (continue_expression)
]) @statement
