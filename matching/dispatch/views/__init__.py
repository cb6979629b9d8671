"""Pages of the dispatch room, one module for each kind of reader."""

blueprints = ()
