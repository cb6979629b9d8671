"""審議会等: councils and who sits on them, across departments."""
