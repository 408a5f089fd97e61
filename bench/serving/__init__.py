"""How fast it is to those who use it: pages, the API, publishing, importing and starting, beside what bounds each."""
