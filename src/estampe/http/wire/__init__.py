"""Bytes in and out: a request finds its endpoint, is read within limits, and is answered; no handler looks in here."""
