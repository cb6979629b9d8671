"""`flask match bench`: the search with ten thousand to a million invented registrants, beside other ways of searching.

To be read in this order: ``command`` (what happens for each size), ``inventing`` (who registers and what is asked for),
``filling`` (how they get into a database), ``measuring`` (shortlists, publications, a web process), ``comparing`` (other ways
to search, and the exact ranking), ``serving`` (web processes, and ten coordinators at once), ``telling`` (what is printed).
``progress`` and ``cluster`` are used by several of them.
"""
