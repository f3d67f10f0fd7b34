"""Where Vignette is made: pictures and words in, the weights that Estampe ships out."""
