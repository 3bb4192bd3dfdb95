"""Reports about the assets of a tenant."""
