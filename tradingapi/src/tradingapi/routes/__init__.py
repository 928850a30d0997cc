"""The HTTP surface: each module parses, asks the store, and answers."""
