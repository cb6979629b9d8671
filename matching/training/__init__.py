"""How the engine's two learned files are made; nothing at run time imports this."""
