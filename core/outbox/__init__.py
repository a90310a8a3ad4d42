"""The outbox: messages and events, written in the transaction of the change they tell of."""
