"""What the API, control and the workers share. It imports none of them."""
