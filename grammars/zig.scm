; What can be a unit, what is emptied in a stub.
(source_file
  (function_declaration name: (identifier) @name type: (_) @result body: (block) @body) @function)
(struct_declaration
  (function_declaration name: (identifier) @name type: (_) @result body: (block) @body) @method)
(variable_declaration
  . (identifier) @name
  [(struct_declaration) (enum_declaration) (union_declaration)]) @class
