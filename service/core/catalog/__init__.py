"""The lifecycle facts of models: what a record says, how a file of them reads, and the rules it has to keep."""
