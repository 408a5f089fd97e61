"""The `signpost` command: one function a command, each parse → one call → print."""
