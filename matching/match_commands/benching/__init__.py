"""`flask match bench`: the search with ten thousand to a million invented registrants, beside other ways of searching."""
