"""What `vignette` is made of: words it reads, networks that draw, and the canvas that shows."""
