; What can be a unit, what is emptied in a stub.
(source_file (function_declaration name: (simple_identifier) @name body: (_) @body) @function)
(class_body (function_declaration name: (simple_identifier) @name body: (_) @body) @method)
(enum_class_body (function_declaration name: (simple_identifier) @name body: (_) @body) @method)
(class_declaration name: (type_identifier) @name) @class
(protocol_declaration name: (type_identifier) @name) @class
