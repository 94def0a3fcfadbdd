"""What several modules need to know of Sage's articles: which are sold, what they cost, what belongs together.

Modules do not know each other; what they share is here.
"""
