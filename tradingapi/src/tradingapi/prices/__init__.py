"""Price sources behind one protocol."""
