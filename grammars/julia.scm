; What can be a unit.
(function_definition (signature (call_expression . (identifier) @name))) @function
(function_definition (signature (typed_expression (call_expression . (identifier) @name)))) @function
(function_definition (signature (where_expression (call_expression . (identifier) @name)))) @function
(assignment . (call_expression . (identifier) @name)) @function
(struct_definition (type_head (identifier) @name)) @class
