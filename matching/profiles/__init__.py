"""The searchable face of a registration: published with it, found by words, explained in words."""
