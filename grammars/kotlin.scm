; What can be a unit, what is emptied in a stub.
(source_file (function_declaration name: (identifier) @name (function_body) @body) @function)
(class_body (function_declaration name: (identifier) @name (function_body) @body) @method)
[
  (class_declaration name: (identifier) @name)
  (object_declaration name: (identifier) @name)
] @class
