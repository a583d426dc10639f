; What can be a unit, what is emptied in a stub.
(program (method name: (_) @name body: (_) @body) @function)
(body_statement (method name: (_) @name body: (_) @body) @method)
(argument_list (method name: (_) @name body: (_) @body) @method)
(block_body (method name: (_) @name body: (_) @body) @method)
(then (method name: (_) @name body: (_) @body) @method)
(singleton_method name: (_) @name body: (_) @body) @method
(class name: [(constant) (scope_resolution name: (constant))] @name) @class
(module name: [(constant) (scope_resolution name: (constant))] @name) @class
(assignment
  left: (identifier) @name
  right: (lambda body: [(block body: (block_body) @body) (do_block body: (body_statement) @body)])) @function
(assignment
  left: (identifier) @name
  right: (call
    method: (identifier) @_made
    block: [(block body: (block_body) @body) (do_block body: (body_statement) @body)])
  (#any-of? @_made "lambda" "proc")) @function
((call
  method: (identifier) @_made
  arguments: (argument_list . [(simple_symbol) (string)] @name)
  block: [(block body: (block_body) @body) (do_block body: (body_statement) @body)])
  (#any-of? @_made "define_method" "define_singleton_method")) @method

; What mutants change.
(binary operator: _ @operator)
(operator_assignment operator: _ @operator)
(range operator: _ @operator)
[(integer) (float)] @number
(string) @string
[(true) (false)] @truth
(if condition: (_) @condition)
(elsif condition: (_) @condition)
(unless condition: (_) @condition)
(if_modifier condition: (_) @condition)
(unless_modifier condition: (_) @condition)
(conditional condition: (_) @condition)
(return (argument_list) @returned)
(call method: [(identifier) (constant)] @operator)
(body_statement [(call) (assignment) (operator_assignment) (if_modifier) (unless_modifier) (if) (unless)] @statement)
(block_body [(call) (assignment) (operator_assignment) (if_modifier) (unless_modifier) (if) (unless)] @statement)
(then [(call) (assignment) (operator_assignment)] @statement)
