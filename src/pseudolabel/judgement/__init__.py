"""From models to what may be believed."""
