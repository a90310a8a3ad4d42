"""Files that are made to do harm, the outcome each must have, and the run that shows it."""
