"""The business topics, one file each: a file declares one `MODULE` (`exchange.module.Module`)."""
