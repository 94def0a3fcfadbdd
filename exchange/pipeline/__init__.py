"""The way of a file: claim → recognise → read → check → compare → apply → archive; `run` calls them in this order."""
