; What can be a unit, what is emptied in a stub.
(program (function_signature name: (identifier) @name) @function . (function_body) @body)
(class_body
  (method_signature (function_signature name: (identifier) @name)) @method . (function_body) @body)
[
  (class_definition name: (identifier) @name)
  (enum_declaration name: (identifier) @name)
  (mixin_declaration (identifier) @name)
  (extension_declaration name: (identifier) @name)
] @class
