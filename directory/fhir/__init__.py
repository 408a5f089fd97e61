"""The directory as a FHIR R4 server by IHE mCSD 4.0.1: read, search and history of what `actions.follow_fhir` keeps."""
