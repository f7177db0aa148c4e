"""Gmail as a real HTTP server: REST, OAuth token endpoint, faults, counters, pages."""
