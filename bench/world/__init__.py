"""An invented country: its places, organisations and services, and twenty years of what happened to them."""
