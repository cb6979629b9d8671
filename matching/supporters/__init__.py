"""協働サポーター: people and organizations who registered what they can do."""
