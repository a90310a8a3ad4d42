"""What a worker is, whatever it works on: messages, attempts, leases, capacity."""
