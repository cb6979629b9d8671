"""The matcher: pure functions from words to ranked, explained candidates."""
