"""The demo: an invented city, written one by one in city/*.json, brought to life through the product's own services."""
