"""Tables, states, ids and object keys."""
