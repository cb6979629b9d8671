"""From an empty database to a full one: begin with building.py."""
