"""Search in a tenant's invoices."""
