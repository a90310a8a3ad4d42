"""What every route stands on: errors, middleware, paging, limits of rate and time."""
