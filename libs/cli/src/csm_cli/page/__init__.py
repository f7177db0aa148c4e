"""The page for operators: a process of its own that only reads."""
