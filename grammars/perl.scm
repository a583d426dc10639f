; What can be a unit, what is emptied in a stub.
(subroutine_declaration_statement name: (bareword) @name body: (block) @body) @function
(assignment_expression
  left: (variable_declaration variable: (scalar (varname) @name))
  right: (anonymous_subroutine_expression body: (block) @body)) @function

; What mutants change. A declaration that is left out would only be a name that is not there.
[
  (binary_expression operator: _ @operator)
  (equality_expression operator: _ @operator)
  (relational_expression operator: _ @operator)
  (lowprec_logical_expression operator: _ @operator)
  (assignment_expression operator: _ @operator)
  (postinc_expression operator: _ @operator)
  (preinc_expression operator: _ @operator)
]
(number) @number
[(string_literal) (interpolated_string_literal)] @string
(conditional_statement condition: (_) @condition)
(postfix_conditional_expression condition: (_) @condition)
(conditional_expression condition: (_) @condition)
(loop_statement condition: (_) @condition)
(return_expression (_) @returned)
(block
  (expression_statement [
    (assignment_expression left: [
      (scalar) (array) (hash) (array_element_expression) (hash_element_expression)
    ])
    (function_call_expression)
    (ambiguous_function_call_expression)
    (method_call_expression)
    (postinc_expression)
    (preinc_expression)
  ] @statement))
