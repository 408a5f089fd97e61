"""File formats of others, read into the directory's own values (`directory.domain.source`).

Nothing here knows the database, the clock or the network: bytes come in, a `Reading` goes out.
"""
