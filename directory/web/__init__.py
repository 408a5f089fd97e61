"""Pages: each handler parses, makes one call and renders; what to show is decided in `views`."""
