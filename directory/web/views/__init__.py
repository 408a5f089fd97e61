"""What each page shows, as plain values that a test can read."""
