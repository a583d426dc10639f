; What can be a unit, what is emptied in a stub.
(function_definition name: (word) @name body: (_) @body) @function

; What mutants change.
(binary_expression operator: _ @operator)
(unary_expression operator: (test_operator) @operator)
(list ["&&" "||"] @operator)
(postfix_expression operator: _ @operator)
(number) @number
[(string) (raw_string)] @string
(if_statement condition: [(command) (test_command) (compound_statement) (pipeline)] @condition)
(elif_clause [(command) (test_command) (compound_statement) (pipeline)] @condition . "then")
(elif_clause . "elif" . [(test_command) (compound_statement)] @condition)
(list . [(test_command) (compound_statement)] @condition)
((command name: (command_name) @_name argument: (_) @returned) (#eq? @_name "return"))
(program [(command) (variable_assignment)] @statement)
(compound_statement [(command) (variable_assignment)] @statement)
(do_group [(command) (variable_assignment)] @statement)
(if_statement "then" [(command) (variable_assignment)] @statement)
(else_clause [(command) (variable_assignment)] @statement)
(case_item [(command) (variable_assignment)] @statement)
