"""Search, decided: a sentence is read into an ask, products into documents, and documents are put in order.

Nothing in here knows what a merchant pays: a document holds what its product is, never what it earns us.
"""
