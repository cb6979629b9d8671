"""What the dispatch room does, one module for each step of a case."""
