"""What all routes share: errors, middleware, paging, rate limits and deadlines."""
