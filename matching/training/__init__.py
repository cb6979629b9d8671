"""How the engine's two learned files are made; only `flask match` uses this, and it asks for PyTorch when it trains."""
