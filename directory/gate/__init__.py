"""Who comes in: sessions, other sites' requests kept out, and what each route asks of whoever comes."""
