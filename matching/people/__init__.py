"""Everybody across the rooms: the box that finds, the list of people, and one party's whole picture."""
