; What can be a unit, what is emptied in a stub.
(compilation_unit
  (function_definition name: (_) @name return_type: (_)? @result body: (_) @body) @function)
(template_body
  (function_definition name: (_) @name return_type: (_)? @result body: (_) @body) @method)
[
  (class_definition name: (_) @name)
  (object_definition name: (_) @name)
  (trait_definition name: (_) @name)
  (enum_definition name: (_) @name)
] @class
