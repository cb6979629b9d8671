"""Back-ups: one private file, checked when it is written, and the way back from it."""
