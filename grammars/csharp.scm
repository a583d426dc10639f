; What can be a unit, what is emptied in a stub.
(method_declaration
  returns: (_) @result
  name: (identifier) @name
  body: (_) @body) @method
(local_function_statement
  type: (_) @result
  name: (identifier) @name
  body: (_) @body) @function
[
  (class_declaration name: (identifier) @name)
  (struct_declaration name: (identifier) @name)
  (record_declaration name: (identifier) @name)
  (interface_declaration name: (identifier) @name)
  (enum_declaration name: (identifier) @name)
] @class
