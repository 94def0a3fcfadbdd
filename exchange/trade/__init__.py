"""What several modules need to know of sales documents: how they add up, and how they are read out of Sage.

Modules do not know each other; what they share is here.
"""
