"""Trains the reader's network from the embedding model and public question sets; nothing here runs when a question is asked."""
