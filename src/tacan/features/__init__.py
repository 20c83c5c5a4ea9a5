"""The features of a set of tracklets: the record, its checks and its file. Imports no torch."""
