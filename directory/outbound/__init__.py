"""The only clients of the outside world: mail now, webhooks and chat later. Nothing here reads the store."""
