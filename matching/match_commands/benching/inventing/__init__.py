"""Who registers, in which words, and what is asked for: all made from numbers and the lexicon."""
