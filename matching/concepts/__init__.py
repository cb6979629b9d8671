"""The civic lexicon as this city keeps it: what came with the program, and what the staff changed."""
