"""Questions with the services that are right: one set to tune by, and another, made otherwise, to measure by."""
