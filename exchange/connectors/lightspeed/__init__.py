"""The Lightspeed eCom shop, reached by its API."""
