"""The only Markdown: front matter, rendering, and the records on disk."""
