"""What every worker does, whatever the operation: messages, attempts, leases, capacity."""
