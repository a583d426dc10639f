; What can be a unit, what is emptied in a stub.
(function_declaration name: (identifier) @name body: (block) @body) @function
(function_declaration
  name: (dot_index_expression field: (identifier) @name) body: (block) @body) @function
(function_declaration
  name: (method_index_expression method: (identifier) @name) body: (block) @body) @method
(assignment_statement
  (variable_list name: [
    (identifier) @name
    (dot_index_expression field: (identifier) @name)
  ])
  (expression_list value: (function_definition body: (block) @body))) @function
(field name: (identifier) @name value: (function_definition body: (block) @body)) @method

; A function without any statement: what is emptied is its last word.
(function_declaration name: (identifier) @name !body "end" @body @result) @function
(function_declaration
  name: (dot_index_expression field: (identifier) @name) !body "end" @body @result) @function
(function_declaration
  name: (method_index_expression method: (identifier) @name) !body "end" @body @result) @method
(assignment_statement
  (variable_list name: [
    (identifier) @name
    (dot_index_expression field: (identifier) @name)
  ])
  (expression_list value: (function_definition !body "end" @body @result))) @function

; What mutants change.
(binary_expression operator: _ @operator)
(number) @number
(string) @string
[(true) (false)] @truth
(if_statement condition: (_) @condition)
(elseif_statement condition: (_) @condition)
(while_statement condition: (_) @condition)
(return_statement (expression_list . (_) @returned .))
(block [(function_call) (assignment_statement) (break_statement)] @statement)
(chunk [(function_call) (assignment_statement)] @statement)
