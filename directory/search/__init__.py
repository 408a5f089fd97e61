"""Search: a question becomes a plan, the engine answers it with services, and `find` says how sure that is."""
