; Nothing in it is a unit.
