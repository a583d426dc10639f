; What can be a unit, what is emptied in a stub.
(declarations (function name: (variable) @name match: (match) @body) @function)
(declarations (bind name: (variable) @name match: (match) @body) @function)
[
  (data_type name: (name) @name)
  (newtype name: (name) @name)
  (class name: (name) @name)
] @class
